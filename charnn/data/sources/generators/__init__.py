"""Texts that are generated: one file a generator, whose `generate` makes the text from the keys of a manifest."""
