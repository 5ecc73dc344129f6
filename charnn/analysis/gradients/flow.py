"""Gradient flow: how the gradient of one loss with respect to an earlier state depends on the lag.

    n_k = ‖∂l_t/∂h_{t−k}‖,  k = 0, 1, 2, …

For the linear cell ∂l_t/∂h_{t−k} = (W_hhᵀ)^k W_qhᵀ ∂l_t/∂o_t.

Each of many t is one lane of a batch: the lane reads the text up to x_t and its loss at t alone counts, so that one
pass backwards gives ∂l_t/∂h_{t−k} for all t and k. The derivatives are total ones: that with respect to c_{t−k} takes
h_{t−k}, which follows from c_{t−k}, along, and that of a lower layer takes every way through the layers above it.

Source: Bengio, Simard & Frasconi, "Learning long-term dependencies with gradient descent is difficult", 1994.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from charnn.analysis.gradients.rate import fitted_rate
from charnn.analysis.gradients.spectrum import Matrix, recurrent_matrices
from charnn.analysis.subjects import Subject
from charnn.bptt.engines.autograd import Autograd, Trace
from charnn.bptt.execution import Execution
from charnn.cells import Cell, State
from charnn.data.text.units import Ids
from charnn.errors import InputError, UsageError
from charnn.networks.decoder import Decoder
from charnn.networks.readout import cross_entropy
from charnn.networks.stack import detached

QUARTILES = (25, 50, 75)


@dataclass(frozen=True)
class Decay:
    """The norms of one part of the state.

    Attributes:
        part: h or c.
        quartiles: (3, K + 1) the quartiles over t of ‖∂l_t/∂h_{t−k}‖ at each lag k; infinite where it overflows.
    """

    part: str
    quartiles: NDArray[np.float64]

    @property
    def median(self) -> NDArray[np.float64]:
        """(K + 1,) the medians."""
        middle: NDArray[np.float64] = self.quartiles[1]
        return middle

    @property
    def rate(self) -> float | None:
        """What the median is multiplied by per step, by a geometric fit; None where nothing can be fitted."""
        return fitted_rate(self.median)


@dataclass(frozen=True)
class Flow:
    """The gradient flow through one layer of a network.

    Attributes:
        layer: counted from 0, at the characters.
        places: how many t were taken.
        matrices: the layer's recurrent matrices, the candidate's first.
    """

    subject: Subject
    layer: int
    places: int
    decays: Sequence[Decay]
    matrices: Sequence[Matrix]

    def document(self) -> dict[str, Any]:
        """All of it as plain values, without infinities."""
        model = self.subject.config.model
        states = {
            decay.part: {
                "rate": decay.rate,
                **{
                    name: [value if np.isfinite(value) else None for value in row.tolist()]
                    for name, row in zip(("lower_quartile", "median", "upper_quartile"), decay.quartiles, strict=True)
                },
            }
            for decay in self.decays
        }
        return {
            "network": self.subject.name,
            "cell": model.cell.name,
            "hidden": model.hidden,
            "layer": self.layer,
            "text": self.subject.text,
            "places": self.places,
            "states": states,
            "matrices": [matrix.document() for matrix in self.matrices],
        }


def gradient_flow(subject: Subject, lags: int, places: int, layer: int | None = None) -> Flow:
    """Follow the gradients of many losses back through one layer.

    Args:
        lags: the longest lag K; shortened where the text is too short for it.
        places: how many t, evenly spaced over the text.
        layer: counted from 0; the top one where none is given.

    Raises:
        InputError: the text has fewer than two characters.
        UsageError: the network has no such layer.
    """
    layers = len(subject.network.layers)
    if layer is not None and layer >= layers:
        counted = f", counted from 0 to {layers - 1}" if layers > 1 else ", layer 0"
        raise UsageError(f"{subject.name} has {layers} layer{'s' * (layers > 1)}{counted}: there is no layer {layer}")
    chosen = layers - 1 if layer is None else layer
    windows = _windows(subject.ids, lags, places, subject.text)
    norms = state_gradient_norms(subject.network, windows, min(lags, len(subject.ids) - 2), chosen)
    cell = subject.network.layers[chosen]
    decays = [Decay(part, np.percentile(values, QUARTILES, axis=1, method="nearest")) for part, values in norms.items()]
    return Flow(subject, chosen, windows.shape[1], decays, recurrent_matrices(cell))


def _windows(ids: Ids, lags: int, places: int, name: str) -> Int[Tensor, "T N"]:
    """The ids that each lane reads, and its last target: K steps of run-in (fewer in a short text), then K + 1."""
    steps = len(ids) - 1
    if steps < 1:
        raise InputError(f"{name} has {len(ids)} characters; a gradient needs at least 2")
    longest = min(lags, steps - 1)
    length = longest + 1 + min(longest, steps - 1 - longest)
    begins = np.unique(np.linspace(0, steps - length, places).round().astype(np.int64))
    return torch.from_numpy(ids[begins + np.arange(length + 1)[:, None]].astype(np.int64))


def state_gradient_norms(
    network: Decoder, windows: Int[Tensor, "T N"], lags: int, layer: int
) -> dict[str, NDArray[np.float64]]:
    """The norms of ∂l_t/∂h_{t−k}, and of the other parts of the state, for the last loss of each lane.

    Args:
        windows: T ids of each lane, the last of which is the target alone. What comes before the last `lags` + 1
            steps is read from the zero state, and no gradient flows into it.
        layer: counted from 0.

    Returns:
        (K + 1, N) norms for each part of the state: lag by lane.
    """
    cell = network.layers[layer]
    inputs, targets = windows[:-1], windows[1:]
    begin = len(inputs) - lags - 1
    states = network.zero_state(inputs.shape[1])
    if begin:
        with torch.no_grad():
            _, states = network.logits(inputs[:begin], states)
    trace = Trace()

    logits, _ = network.logits(inputs[begin:], detached(states), Execution(_Watching(cell, trace)))
    read = [part for state in reversed(trace.states) for part in state]
    # The lanes share nothing but the weights, so each has the gradient of its own loss.
    gradients = torch.autograd.grad(cross_entropy(logits[-1:], targets[-1:]), read)
    parts = len(cell.state_parts)
    return {
        name: torch.stack([_norms(gradient) for gradient in gradients[place::parts]]).numpy()
        for place, name in enumerate(cell.state_parts)
    }


class _Watching(Autograd):
    """The plain loop, which notes the steps of one of the cells."""

    def __init__(self, cell: Cell, trace: Trace) -> None:
        super().__init__()
        self.cell, self.trace = cell, trace

    def __call__(
        self,
        cell: Cell,
        x: Float[Tensor, "T B D"] | Int[Tensor, "T B"],
        state: State,
        xi: Sequence[float] | None = None,
        trace: Trace | None = None,
    ) -> tuple[Float[Tensor, "T B H"], State]:
        return super().__call__(cell, x, state, xi, self.trace if cell is self.cell else trace)


def _norms(vectors: Float[Tensor, "N H"]) -> Float[Tensor, " N"]:
    """The norm of each row; its squares neither underflow nor overflow, and what is no number has overflown."""
    largest = vectors.abs().amax(dim=1, keepdim=True)
    scaled = vectors / torch.where(largest > 0, largest, 1.0)
    norms = scaled.norm(dim=1) * largest[:, 0]
    return torch.where(norms.isnan(), torch.inf, norms)
