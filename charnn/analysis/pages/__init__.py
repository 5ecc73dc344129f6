"""Pages of HTML, and charts in them, that need nothing but a browser."""
