"""Gradient flow: how the gradient of a loss with respect to an earlier state depends on the lag.

    n_k = ‖∂l_t/∂h_{t−k}‖,  k = 0, 1, 2, …

For the linear cell ∂l_t/∂h_{t−k} = (W_hhᵀ)^k W_qhᵀ ∂l_t/∂o_t.

Source: Bengio, Simard & Frasconi, "Learning long-term dependencies with gradient descent is difficult", 1994.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Int
from numpy.typing import NDArray
from torch import Tensor

from charnn.analysis.encoders import EncoderSpecimen
from charnn.analysis.gradients.rate import fitted_rate
from charnn.analysis.gradients.spectrum import Matrix, recurrent_matrices
from charnn.analysis.gradients.state_gradients import row_gradient_norms, state_gradient_norms
from charnn.analysis.specimens import Specimen
from charnn.data.text.units import Ids
from charnn.errors import InputError, UsageError

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
        """The factor by which the median changes per step, by a geometric fit; None where nothing can be fitted."""
        return fitted_rate(self.median)

    def document(self) -> dict[str, Any]:
        """The decay as plain values, without infinities."""
        quartiles = {
            name: [value if np.isfinite(value) else None for value in row.tolist()]
            for name, row in zip(("lower_quartile", "median", "upper_quartile"), self.quartiles, strict=True)
        }
        return {"rate": self.rate, **quartiles}


@dataclass(frozen=True)
class Flow:
    """The gradient flow through one layer of a network.

    Attributes:
        specimen: the network and its text.
        layer: counted from 0, at the characters.
        places: how many t there are, or rows.
        decays: one for each part of the state.
        matrices: the layer's recurrent matrices, the candidate's first; none where its gates do not see the state.
    """

    specimen: Specimen | EncoderSpecimen
    layer: int
    places: int
    decays: Sequence[Decay]
    matrices: Sequence[Matrix]

    @property
    def candidate(self) -> Matrix | None:
        """The candidate's recurrent matrix, if it has one."""
        parts = {decay.part for decay in self.decays}
        return next((matrix for matrix in self.matrices if matrix.gate in parts), None)

    def document(self) -> dict[str, Any]:
        """The flow as plain values, without infinities."""
        model = self.specimen.config.model
        return {
            "network": self.specimen.name,
            "cell": model.cell.name,
            "hidden": model.hidden,
            "layer": self.layer,
            "text": self.specimen.text,
            "places": self.places,
            "states": {decay.part: decay.document() for decay in self.decays},
            "matrices": [matrix.document() for matrix in self.matrices],
        }


def gradient_flow(specimen: Specimen | EncoderSpecimen, lags: int, places: int, layer: int | None = None) -> Flow:
    """Follow the gradients of many losses back through one layer; in an encoder, those of rows from their last steps.

    Args:
        specimen: the network and its text, or its rows.
        lags: the longest lag K; shortened where the text is too short for it, or every row.
        places: how many t, or rows, evenly spaced over the text.
        layer: counted from 0; the last one if none is named.

    Raises:
        InputError: the text has fewer than two characters.
        UsageError: the network has no such layer.
    """
    stack = specimen.stack
    layers = len(stack.layers)
    if layer is not None and layer >= layers:
        known = "its only layer is 0" if layers == 1 else f"its layers are 0 to {layers - 1}"
        raise UsageError(f"{specimen.name} has no layer {layer}: {known}")
    chosen = layers - 1 if layer is None else layer
    if isinstance(specimen, EncoderSpecimen):
        norms, found = _norms_of_rows(specimen, lags, places, chosen)
    else:
        windows = _windows(specimen.ids, lags, places, specimen.text)
        found = windows.shape[1]
        norms = state_gradient_norms(specimen.network, windows, min(lags, len(specimen.ids) - 2), chosen)
    # Not every row has as many steps as the longest: a lag is told of those that have.
    decays = [
        Decay(part, np.nanpercentile(values, QUARTILES, axis=1, method="nearest")) for part, values in norms.items()
    ]
    return Flow(specimen, chosen, found, decays, recurrent_matrices(stack.layers[chosen]))


def _norms_of_rows(
    specimen: EncoderSpecimen, lags: int, places: int, layer: int
) -> tuple[dict[str, NDArray[np.float64]], int]:
    """The norms of each part of the state by lag and row, and how many rows there are."""
    rows = specimen.rows[np.unique(np.linspace(0, len(specimen.rows) - 1, places).round().astype(np.int64))]
    batch = specimen.batch(rows)
    longest = int(batch.inputs.lengths.max()) - 1
    return row_gradient_norms(specimen.network, specimen.stack, batch, min(lags, longest), layer), len(rows)


def _windows(ids: Ids, lags: int, places: int, name: str) -> Int[Tensor, "T N"]:
    """What each lane reads, and its last target: K steps to warm up (fewer in a short text), then K + 1."""
    steps = len(ids) - 1
    if steps < 1:
        raise InputError(f"{name} has {len(ids)} characters; a gradient needs at least 2")
    longest = min(lags, steps - 1)
    length = longest + 1 + min(longest, steps - 1 - longest)
    begins = np.unique(np.linspace(0, steps - length, places).round().astype(np.int64))
    return torch.from_numpy(ids[begins + np.arange(length + 1)[:, None]].astype(np.int64))
