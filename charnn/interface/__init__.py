"""charnn from Python: what the commands do, as functions that return what the commands print."""
