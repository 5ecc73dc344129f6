"""Benchmarks: one file a subcommand of `charnn bench`, all on one harness."""
