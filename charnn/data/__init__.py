"""From bytes to ids: corpora, decoding, units, vocabulary, splits, lanes. No torch."""
