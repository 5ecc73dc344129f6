"""What `charnn ngram-stats` prints."""
