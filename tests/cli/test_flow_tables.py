"""Tables of gradient flow: their columns stay empty where a network has no recurrent matrix."""

from __future__ import annotations

from dataclasses import replace

import pytest

from charnn.analysis.gradients.flow import gradient_flow
from charnn.cli.inspect._flow_tables import about_flows, write_flows
from tests.analysis.gradients.linear import specimen_of


def test_a_network_without_recurrent_matrices_has_empty_columns(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    flow = gradient_flow(specimen_of("rnn"), lags=2, places=3)
    write_flows([replace(flow, matrices=())], lags=2)
    heading, _, row = (line for line in capfdbinary.readouterr().out.decode().split("\n") if line.strip())
    assert heading.split() == ["network", "of", "rate", "ρ(W)", "‖W‖", "k=0", "k=1", "k=2"]
    assert row.split()[:3] == ["rnn", "h", f"{flow.decays[0].rate:.4f}"]
    assert len(row.split()) == 3 + 3
    assert about_flows([flow]).endswith("W is the candidate's matrix")
    assert about_flows([replace(flow, matrices=())]).endswith("W is the candidate's matrix; rnn: no such matrix")
