"""Recurrent matrices against NumPy's eigenvalues and singular values."""

from __future__ import annotations

import numpy as np
import pytest

from charnn.analysis.gradients.spectrum import recurrent_matrices
from tests.models import ALL_CELLS, random_network


@pytest.mark.parametrize("name", ALL_CELLS)
def test_matrices_are_named_by_gate_the_candidate_first(name: str) -> None:
    cell = random_network(name, hidden=6).layers[0]
    matrices = recurrent_matrices(cell)
    assert matrices[0].name == ("W_ch" if name == "lstm" else "W_hh")
    assert {matrix.gate for matrix in matrices} == set(cell.gates)
    for matrix in matrices:
        W = cell.W_h[:, cell.columns((matrix.gate,))].detach().t().numpy()
        assert matrix.radius == pytest.approx(max(abs(np.linalg.eigvals(W))))
        assert matrix.norm == pytest.approx(np.linalg.svd(W)[1][0])
