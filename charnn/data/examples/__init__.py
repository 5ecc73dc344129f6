"""Examples: the rows of a table, each a text with its label or a source with its target."""
