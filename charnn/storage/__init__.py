"""Files: written whole or not at all, temporary files, tensors, pictures."""
