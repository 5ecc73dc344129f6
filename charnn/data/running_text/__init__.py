"""One running text: its parts (train, validation, test) and its lanes."""
