"""How a classifier decides: its belief from character to character, and how much each character matters."""
