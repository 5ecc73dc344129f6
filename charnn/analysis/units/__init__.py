"""What single units and gates do while a network reads a text."""
