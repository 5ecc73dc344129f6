"""One running text: its parts and its lanes."""
