"""Models for other programs, and theirs for charnn: one file a format."""
