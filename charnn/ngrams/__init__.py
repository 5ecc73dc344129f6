"""Markov models: counts of n-grams, and the language models that are made from them. NumPy, no torch."""
