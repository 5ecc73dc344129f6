"""Whether a network remembers the beginning of a sentence."""
