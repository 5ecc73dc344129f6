"""Truncation strategies: one file a strategy, whose `Options` is the strategy itself. No torch."""
