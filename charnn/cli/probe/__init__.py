"""Ask a network what it has learned."""
