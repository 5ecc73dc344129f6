"""Gradient flow as a picture: also of a network without recurrent matrices."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from charnn.analysis.gradients.flow import gradient_flow
from charnn.analysis.gradients.picture import plot_flows
from tests.analysis.gradients.linear import specimen_of

pytest.importorskip("matplotlib")


def test_every_network_has_a_panel_whichever_matrices_it_has() -> None:
    flow = gradient_flow(specimen_of("lstm"), lags=5, places=3)
    for name, matrices in (("all", flow.matrices), ("gates", flow.matrices[1:]), ("none", ())):
        plot_flows(Path(f"{name}.svg"), [replace(flow, matrices=matrices), flow])
    pictures = {path.stem: path.read_text(encoding="utf-8") for path in Path().glob("*.svg")}
    assert len({*pictures.values()}) == 3
    assert [f"<!-- {words} -->" in pictures["none"] for words in ("no recurrent matrix", "spectral radius")] == [
        True
    ] * 2
    assert "<!-- no recurrent matrix -->" not in pictures["gates"] + pictures["all"]


def test_a_dollar_sign_does_not_begin_an_equation() -> None:
    flow = gradient_flow(specimen_of("rnn"), lags=5, places=3)
    plot_flows(Path("a.svg"), [replace(flow, specimen=replace(flow.specimen, name="$a_{"))], log_lag=True)
    assert "<!-- $a_{ -->" in Path("a.svg").read_text(encoding="utf-8")
