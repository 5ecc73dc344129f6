"""What truncated back-propagation through time does to a gradient."""
