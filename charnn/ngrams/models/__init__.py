"""The Markov models, one file each: its `Options`, and the class `Model` with its equations."""
