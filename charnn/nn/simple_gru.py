"""The simplified GRU of the lecture, without a reset gate; the equations are those of `charnn/cells/simple_gru.py`."""

from __future__ import annotations

from charnn.nn._layers import OnePart


class SimpleGRU(OnePart):
    """The lecture's simplified GRU: rows of the gates u, h̃, and one bias, `bias_l{k}`."""

    cell = "simple-gru"
    gates = ("u", "h")
    biases = ("bias",)
