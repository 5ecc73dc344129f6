"""The Markov models, one file each, with the `Options` of a model and the class `Model`, which tells its equations."""
