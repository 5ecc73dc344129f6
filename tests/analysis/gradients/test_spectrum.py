"""Recurrent matrices against NumPy's eigenvalues and singular values."""

from __future__ import annotations

import numpy as np
import pytest

from charnn.analysis.gradients.recurrent_scheme import SCHEMES, RecurrentScheme, set_recurrent
from charnn.analysis.gradients.spectrum import recurrent_matrices
from charnn.errors import UsageError
from tests.models import EVERY_CELL, random_network


@pytest.mark.parametrize("name", EVERY_CELL)
def test_matrices_are_named_by_gate_the_candidate_first(name: str) -> None:
    cell = random_network(name, hidden=6).layers[0]
    matrices = recurrent_matrices(cell)
    recurrent = {gate for matrix in cell.recurrent for gate in matrix.gates}
    assert {matrix.gate for matrix in matrices} == recurrent
    assert len(matrices) == len(recurrent)
    candidates = recurrent & {*cell.state_parts}
    assert {matrix.gate for matrix in matrices[: len(candidates)]} == candidates
    for matrix in matrices:
        W = cell.W_h[:, cell.columns((matrix.gate,))].detach().t().numpy()
        assert matrix.radius == pytest.approx(max(abs(np.linalg.eigvals(W))))
        assert matrix.norm == pytest.approx(np.linalg.svd(W)[1][0])


def test_the_candidate_of_an_lstm_is_that_of_its_memory() -> None:
    lstm, gru = (recurrent_matrices(random_network(name).layers[0]) for name in ("lstm", "gru"))
    assert [matrix.name for matrix in lstm] == ["W_ch", "W_uh", "W_fh", "W_oh"]
    assert [matrix.name for matrix in gru] == ["W_hh", "W_uh", "W_rh"]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", EVERY_CELL)
def test_every_recurrent_matrix_gets_the_radius_and_nothing_else_changes(name: str, scheme: str) -> None:
    """Of every layer; a cell without such matrices is refused."""
    network = random_network(name, hidden=6, layers=2)
    others = {key: value.clone() for key, value in network.state_dict().items() if not key.endswith(".W_h")}
    if not network.layers[0].recurrent:
        with pytest.raises(
            UsageError, match=f"the cell {name} has no recurrent matrices that {scheme}:0.9 could replace"
        ):
            set_recurrent(network, RecurrentScheme(scheme, 0.9), seed=1)
        return
    set_recurrent(network, RecurrentScheme(scheme, 0.9), seed=1)
    for cell in network.layers:
        for matrix in recurrent_matrices(cell):
            assert matrix.radius == pytest.approx(0.9, rel=1e-12)
            assert (matrix.norm == pytest.approx(0.9, rel=1e-12)) == (scheme == "orthogonal")
    assert all((network.state_dict()[key] == value).all() for key, value in others.items())
