"""How a recurrence runs: one file an engine, each with the function `run` of `charnn.bptt.recurrence`."""
