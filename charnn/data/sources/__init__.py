"""Where texts come from: standard input, files, corpora with a manifest, generators; and the cache of their ids."""
