"""How gradients flow back through a network."""
