"""From bytes to ids: where texts come from, decoding, units, vocabularies, splits, lanes. No torch."""
