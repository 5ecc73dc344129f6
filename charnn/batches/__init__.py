"""Batches: what one parameter update sees, and the loaders that make one batch after another."""
