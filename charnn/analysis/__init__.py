"""Looking inside: what a training went through, and what a network does with a text."""
