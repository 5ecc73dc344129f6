"""Rates per step."""

from __future__ import annotations

import numpy as np
import pytest

from charnn.analysis.gradients.rate import fitted_rate


def test_rates_leave_out_zeros_and_infinities() -> None:
    assert fitted_rate(np.array([8.0, 4.0, 2.0, 1.0])) == pytest.approx(0.5)
    assert fitted_rate(np.array([np.inf, 4.0, 2.0, 1.0, 0.0])) == pytest.approx(0.5)
    assert fitted_rate(np.array([1.0, 0.0, np.inf])) is None
