"""Training: the loop, optimisers, schedules, clipping, metrics."""
