"""Networks that are read and not learned from: weights as arrays of NumPy, all work in compiled kernels, no torch."""
