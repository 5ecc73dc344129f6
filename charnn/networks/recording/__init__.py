"""Updates as programs of compiled code: where they find a batch, and what they leave out."""
