"""Measure speed as ratios within one process."""
