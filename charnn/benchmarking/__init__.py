"""Benchmarks: one file for each subcommand of `charnn bench`, all on one harness."""
