"""Cells as operators of ONNX: RNN, LSTM and GRU.

The operators have their gates in other orders, and the update gate of ONNX's GRU is the share that *stays*,
h_t = (1 − z_t) ⊙ h̃_t + z_t ⊙ h_{t−1}: z_t = 1 − u_t = σ(−a_u), so that its weights are the negative of ours. With
`linear_before_reset=0` the reset gate acts before the product, as in ours. simple-gru is a GRU whose reset gate is held
open: its weights are 0, and its bias is so large that σ is 1 to the last bit. linear is an RNN whose activation is
αa + β with α = 1, β = 0.

Source: the ONNX specification, https://onnx.ai/onnx/operators (RNN-14, LSTM-14, GRU-14).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from charnn.cells import CELLS, Cell
from charnn.errors import UsageError

# σ(100) is 1 in float32 and float64: e^−100 is lost in 1 + e^−100.
_OPEN = 100.0


@dataclass(frozen=True)
class Operator:
    """How a cell is written as an operator of ONNX.

    Attributes:
        name: of the operator.
        gates: the cell's gates in the operator's order, each with the sign of its weights; a gate without a name
            is held open.
        attributes: of the operator.
    """

    name: str
    gates: tuple[tuple[str | None, int], ...]
    attributes: dict[str, Any] = field(default_factory=dict)


OPERATORS = {
    "linear": Operator(
        "RNN", (("h", 1),), {"activations": ["Affine"], "activation_alpha": [1.0], "activation_beta": [0.0]}
    ),
    "rnn": Operator("RNN", (("h", 1),), {"activations": ["Tanh"]}),
    "simple-gru": Operator("GRU", (("u", -1), (None, 1), ("h", 1)), {"linear_before_reset": 0}),
    "gru": Operator("GRU", (("u", -1), ("r", 1), ("h", 1)), {"linear_before_reset": 0}),
    "lstm": Operator("LSTM", (("u", 1), ("o", 1), ("f", 1), ("c", 1))),
}
"""By cell; why the others have none, `why_not` says."""


def operator_of(cell: str) -> Operator:
    """The operator that a cell is written as.

    Raises:
        UsageError: there is none.
    """
    if cell not in OPERATORS:
        why = f" ({why_not(CELLS.load(cell))})" if cell in CELLS.names() else ""
        raise UsageError(f"the cell {cell} has no operator in ONNX{why}; these have one: {', '.join(OPERATORS)}")
    return OPERATORS[cell]


def why_not(cell: type[Cell]) -> str:
    """Why a cell that is not among the `OPERATORS` has none."""
    if cell.weights:
        return f"no operator is written with weights such as {', '.join(weight.name for weight in cell.weights)}"
    if not cell.recurrent:
        return "its gates do not see the state, and every operator's gates do"
    return "none of them has its equations"


def operator_weights(cell: Cell, operator: Operator) -> dict[str, Tensor]:
    """An operator's W (1, G·H, D), R (1, G·H, H) and B (1, 2·G·H), whose second half, the biases of the state, is 0."""
    W, R, B = [], [], []
    for name, sign in operator.gates:
        columns = slice(0, cell.hidden) if name is None else cell.columns((name,))
        weight = 0.0 if name is None else sign
        W.append(weight * cell.W_x[:, columns].t())
        R.append(weight * cell.W_h[:, columns].t())
        if cell.b is not None:
            B.append(torch.full_like(cell.b[columns], _OPEN) if name is None else sign * cell.b[columns])
    matrices = {"W": torch.cat(W), "R": torch.cat(R)}
    if B:
        matrices["B"] = torch.cat([*B, torch.zeros(len(B) * cell.hidden)])
    return {name: tensor.unsqueeze(0) for name, tensor in matrices.items()}


def cell_weights(weights: Mapping[str, Tensor], cell: str) -> dict[str, Tensor]:
    """A cell's W_x, W_h and b, from the weights of its operator: the inverse of `operator_weights`."""
    operator = operator_of(cell)
    # The cell's gates in its own order, and where the operator has them.
    places = {name: (place, sign) for place, (name, sign) in enumerate(operator.gates) if name is not None}
    order = [places[name] for name in CELLS.load(cell).gates]
    found = {}
    for ours, theirs in (("W_x", "W"), ("W_h", "R"), ("b", "B")):
        if theirs in weights:
            blocks = weights[theirs][0].chunk(len(operator.gates) * (2 if theirs == "B" else 1))
            found[ours] = torch.cat([sign * blocks[place] for place, sign in order]).t()
    return found
