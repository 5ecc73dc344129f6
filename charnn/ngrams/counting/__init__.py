"""Counting n-grams: keys, sorted tables in memory and on disk, and what the counts say."""
