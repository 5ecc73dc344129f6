"""What a training tells of itself that has gone on too long, or learned nothing. No torch."""

from __future__ import annotations


def stale(validations: int) -> str:
    """So many validations in turn brought no new best, and nothing ends the training."""
    return (
        f"the last {validations} validations brought no new best: the weights of the best one are kept as best, and"
        " `train.patience` would end such a training"
    )


def out_of_patience(step: int, validations: int) -> str:
    """The training ended after a step, because so many validations in turn brought no new best."""
    return (
        f"ended after step {step:,}: the last {validations} validations brought no new best; the weights of the best"
        " one are kept as best"
    )


def nothing_learned(loss: float, guess: float) -> str:
    """The last loss is above that of guessing, both in nats."""
    return (
        f"nothing was learned: a loss of {loss:.3f} nats is above that of guessing, {guess:.3f}; try a smaller"
        " `optimizer.learning_rate`, a `schedule` with warm-up, or `clip: {by: norm, threshold: 1}`"
    )
