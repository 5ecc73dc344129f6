"""Markov models: counts of n-grams, and the language models that are made of them. NumPy, no torch."""
