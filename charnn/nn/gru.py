"""The gated recurrent unit of the lecture; the equations are those of `charnn/cells/gru.py`."""

from __future__ import annotations

from charnn.nn._layers import OnePart


class GRU(OnePart):
    """The lecture's GRU, whose reset gate acts before the product. It is not `torch.nn.GRU`, which resets after it.

    Rows of the gates u, r, h̃, and one bias, `bias_l{k}`: a state dict of `torch.nn.GRU` is refused, and not misread.
    """

    cell = "gru"
    gates = ("u", "r", "h")
    biases = ("bias",)
