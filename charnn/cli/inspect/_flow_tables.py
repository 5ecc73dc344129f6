"""Gradient flow as tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from charnn.cli._shared.legible import visible
from charnn.cli._shared.tables import write_table

if TYPE_CHECKING:
    from charnn.analysis.gradients.flow import Flow
    from charnn.analysis.gradients.spectrum import Matrix

_SHOWN = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def write_flows(flows: Sequence[Flow], lags: int) -> None:
    """Write the norms over the lag, and where there are several matrices in a network, a second table of these."""
    shown = sorted({*(lag for lag in _SHOWN if lag < lags), lags})
    columns = ["network", "of", "rate", "ρ(W)", "‖W‖", *(f"k={lag}" for lag in shown)]
    rows = [row for flow in flows for row in _decay_rows(flow, shown)]
    write_table(columns, rows, numbers=3 + len(shown), names=[0])
    if any(len(flow.matrices) > 1 for flow in flows):
        rows = [
            [visible(flow.specimen.name), matrix.name, *_size(matrix)] for flow in flows for matrix in flow.matrices
        ]
        write_table(["network", "matrix", "ρ(W)", "‖W‖"], rows, numbers=2, names=[0])


def about_flows(flows: Sequence[Flow]) -> str:
    """What the tables show, in words."""
    texts = sorted({f"{flow.places} places of {visible(flow.specimen.text)}" for flow in flows})
    without = sorted({flow.specimen.config.model.cell.name for flow in flows if flow.candidate is None})
    lacking = f"; {', '.join(without)}: no such matrix" if without else ""
    return f"medians of ‖∂l_t/∂h_{{t−k}}‖ (or c) over {'; '.join(texts)}; W is the candidate's matrix{lacking}"


def _decay_rows(flow: Flow, shown: Sequence[int]) -> list[list[str]]:
    size = _size(flow.candidate)
    rows = []
    for decay in flow.decays:
        norms = [_number(float(decay.median[lag])) if lag < len(decay.median) else "" for lag in shown]
        rate = f"{decay.rate:.4f}" if decay.rate is not None else ""
        rows.append([visible(flow.specimen.name), decay.part, rate, *size, *norms])
    return rows


def _size(matrix: Matrix | None) -> list[str]:
    """The spectral radius and the norm."""
    return ["", ""] if matrix is None else [f"{matrix.radius:.4f}", f"{matrix.norm:.4f}"]


def _number(value: float) -> str:
    if math.isinf(value):
        return "∞"
    if value == 0:
        return "0"
    return f"{value:.2g}" if 1e-3 <= value < 1e3 else f"{value:.0e}"
