"""Experiments: many trainings that differ in a few keys, done by several processes, and what can be concluded."""
