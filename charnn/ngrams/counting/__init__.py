"""Counting n-grams."""
