"""From bytes to ids: decoding, units, words, the vocabulary."""
