"""A text, from its bytes to ids: decoding, units, words, the vocabulary."""
