"""The curves of runs, and what tells runs apart."""
