"""What the parameters of a network are filled with: first values, or those of a file."""
