"""Generated texts: one file a generator. Its function `generate` makes the text from the keys of a manifest."""
