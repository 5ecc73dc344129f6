"""Gradient flow: what a network's recurrent matrices make of it, and how texts and layers are chosen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from charnn.analysis.gradients.flow import gradient_flow
from charnn.errors import InputError, UsageError
from tests.analysis.gradients.linear import linear, specimen_of


@pytest.mark.parametrize(("radius", "expected"), [(0.9, "vanish"), (1.0, "keep"), (1.1, "explode")])
def test_orthogonal_matrices_keep_the_rate_of_their_radius(radius: float, expected: str) -> None:
    flow = gradient_flow(linear("orthogonal", radius), lags=100, places=16)
    (decay,), (matrix,) = flow.decays, flow.matrices
    assert matrix.radius == pytest.approx(radius, rel=1e-12) == matrix.norm
    assert decay.rate == pytest.approx(radius, rel=1e-10)
    change = decay.median[100] / decay.median[0]
    assert {"vanish": change < 1e-4, "keep": abs(change - 1) < 1e-9, "explode": change > 1e4}[expected]


def test_the_radius_of_a_gaussian_matrix_is_not_the_whole_story() -> None:
    """It is not normal: its norm lies well above its radius, and gradients do not keep their length from the start."""
    flow = gradient_flow(linear("gaussian", 1.0), lags=100, places=16)
    (decay,), (matrix,) = flow.decays, flow.matrices
    assert matrix.radius == pytest.approx(1.0, rel=1e-12)
    assert matrix.norm > 1.5
    assert decay.median[100] < 0.6 * decay.median[0]


def test_what_overflows_is_infinite_and_null_in_json() -> None:
    specimen = linear("orthogonal", 1e5, hidden=4, seed=1)
    specimen.network.layers[0].W_x.data.zero_()
    flow = gradient_flow(specimen, lags=100, places=3)
    assert np.isinf(flow.decays[0].median[-1])
    assert flow.decays[0].rate == pytest.approx(1e5, rel=1e-6)
    assert flow.document()["states"]["h"]["median"][-1] is None


def test_short_texts_shorten_the_lags() -> None:
    specimen = specimen_of("rnn", "hello")
    flow = gradient_flow(specimen, lags=100, places=64)
    assert len(flow.decays[0].median) == 4
    assert flow.places == 1
    with pytest.raises(InputError, match="needs at least 2"):
        gradient_flow(specimen_of("rnn", "h"), lags=1, places=1)
    with pytest.raises(UsageError, match="rnn has no layer 1: its only layer is 0"):
        gradient_flow(specimen, lags=1, places=1, layer=1)


def test_the_candidate_is_found_among_the_matrices() -> None:
    flow = gradient_flow(specimen_of("lstm"), lags=3, places=2)
    assert flow.candidate is flow.matrices[0]
    assert flow.candidate.name == "W_ch"
    assert replace(flow, matrices=flow.matrices[1:]).candidate is None
    assert replace(flow, matrices=()).document()["matrices"] == []
