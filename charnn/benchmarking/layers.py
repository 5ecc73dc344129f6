"""`charnn bench layers`: forward and backward pass of the layers of `charnn.nn` against those of `torch.nn`.

Both read the same dense input, and give the gradients of it and of all parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

import charnn.nn
from charnn.benchmarking.harness import Contender, measure
from charnn.benchmarking.train import Shape
from charnn.errors import UsageError, one_of

PAIRS: dict[str, tuple[type[Any], type[Any] | None]] = {
    "lstm": (charnn.nn.LSTM, nn.LSTM),
    "rnn": (charnn.nn.RNN, nn.RNN),
    "gru": (charnn.nn.GRU, nn.GRU),  # another GRU, of the same size
    "simple-gru": (charnn.nn.SimpleGRU, None),
}
STRETCH = 0.1
"""Seconds that a contender runs in a round, about: short steps one at a time would run on caches of others."""


def time_layers(cell: str, shapes: Sequence[Shape], rounds: int) -> list[dict[str, Any]]:
    """The rows of one cell, with as many inputs as units; the ratio to torch.nn's layer where it has one.

    Raises:
        UsageError: there is no such layer.
    """
    if cell not in PAIRS:
        raise UsageError(f"charnn.nn has no layer `{cell}`{one_of(cell, list(PAIRS))}")
    rows = []
    for shape in shapes:
        own, peer = PAIRS[cell]
        x = torch.randn(shape.steps, shape.lanes, shape.hidden, requires_grad=True)
        layers = {"torch.nn": peer, "charnn.nn": own} if peer else {"charnn.nn": own}
        contenders = [
            Contender(f"{home}.{layer.__name__}", _pass(layer(shape.hidden, shape.hidden), x), shape.characters)
            for home, layer in layers.items()
        ]
        timings = measure(contenders, rounds, stretch=STRETCH)
        rows += [
            {
                "cell": cell,
                "shape": shape.name,
                **timing.row(),
                "ratio_to_torch_nn": timing.ratio_to(timings[0]) if peer is not None else None,
            }
            for timing in timings
        ]
    return rows


def _pass(layer: nn.Module, x: torch.Tensor) -> Callable[[], object]:
    leaves = [x, *layer.parameters()]
    return lambda: torch.autograd.grad(layer(x)[0].sum(), leaves)
