"""What `charnn evaluate` does: for a running text, and for the examples of a table."""
