"""What kernels tell of a network's states, against the equations."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from charnn.analysis.units import activity as module
from charnn.analysis.units.stepped import stepped
from charnn.analysis.units.traced import activity
from charnn.errors import DivergedError
from charnn.inference import decoder as inference
from charnn.kernels.library import library
from charnn.networks.decoder import Decoder
from charnn.networks.reading.arrays import as_arrays
from tests.models import KERNEL_CELLS, random_network

pytestmark = pytest.mark.skipif(library() is None, reason="there are no compiled kernels")


def by_kernels(network: Decoder) -> inference.Decoder:
    found = as_arrays(network)
    assert isinstance(found, inference.Decoder)
    return found


@pytest.mark.parametrize("name", KERNEL_CELLS)
@pytest.mark.parametrize("length", [1, 5, 12, 26, 29])
def test_states_and_logits_are_those_of_the_equations(name: str, length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    network = random_network(name, vocabulary=5, hidden=4, layers=2, embedding=3)
    ids = np.random.default_rng(1).integers(0, 5, length).astype(np.uint8)
    (whole,) = activity(network, ids)
    monkeypatch.setattr(module, "PIECES", 4)
    monkeypatch.setattr(module, "STEPS", 3)
    found = list(stepped(by_kernels(network), ids))
    assert [(one.start, one.stop) for one in found] == [
        (start, min(start + 12, length)) for start in range(0, length, 12)
    ]
    for stretch in found:
        own = slice(stretch.start, stretch.stop)
        np.testing.assert_allclose(stretch.logits, whole.logits[own], rtol=1e-9, atol=1e-12)
        for layer, expected in zip(stretch.layers, whole.layers, strict=True):
            assert layer.states.keys() == expected.states.keys()
            for part, values in layer.states.items():
                np.testing.assert_allclose(values, expected.states[part][own], rtol=1e-9, atol=1e-12)


def test_weights_that_diverged_are_named() -> None:
    network = random_network("lstm", vocabulary=5, hidden=4)
    with torch.no_grad():
        network.b_q[0] = np.nan
    with pytest.raises(DivergedError, match="a state at symbols 0 to 6 is not finite"):
        list(stepped(by_kernels(network), np.zeros(7, dtype=np.uint8)))
