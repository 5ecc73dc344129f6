"""The rate per step at which norms change: r of the geometric sequence n_k ≈ n_0 r^k that fits them best."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def fitted_rate(norms: NDArray[np.float64], first: int = 0) -> float | None:
    """The rate by least squares on log n_k over the lag k; zeros and infinities are left out.

    Args:
        norms: (K + 1,) the norm at each lag.
        first: the first lag that counts.

    Returns:
        r, or None where fewer than two norms are left.
    """
    lags = np.flatnonzero(np.isfinite(norms) & (norms > 0))
    lags = lags[lags >= first]
    if len(lags) < 2:
        return None
    return float(np.exp(np.polyfit(lags, np.log(norms[lags]), 1)[0]))
