"""Networks mixed with n-grams: what a run keeps of both, and how they read and write together."""
