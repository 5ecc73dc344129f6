"""What tells runs apart."""
