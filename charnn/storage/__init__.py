"""Files: written whole or not at all, temporary ones, tensors, pictures."""
