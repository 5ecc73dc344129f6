"""ONNX: each layer is one of the operators RNN, LSTM and GRU, so that any runtime has its own kernel for it.

    ids (T, B), state.I.h, state.I.c (B, H) → logits (T, B, V), last_state.I.h, last_state.I.c (B, H)

T and B are free. Ids become one-hot vectors or rows of the embedding. The operators write their gates in other orders,
and the update gate of ONNX's GRU is the share that *stays*, h_t = (1 − z_t) ⊙ h̃_t + z_t ⊙ h_{t−1}: z_t = 1 − u_t =
σ(−a_u), so that its weights are the negative of ours. With `linear_before_reset=0` the reset gate acts before the
product, as in ours. simple-gru is a GRU whose reset gate is held open: its weights are 0 and its bias so large that σ
is 1 to the last bit. linear is an RNN whose activation is αa + β with α = 1, β = 0.

Runtimes lack these operators for float64: all numbers are float32.

Source: the ONNX specification, https://onnx.ai/onnx/operators (RNN-14, LSTM-14, GRU-14).
"""

from __future__ import annotations

import importlib.util
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from charnn import __version__
from charnn.cells import CELLS, Cell
from charnn.errors import RunError, UsageError
from charnn.interchange import Format
from charnn.interchange._network import ExchangedNetwork, exported_network
from charnn.storage.atomic import write_atomically

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, ValueInfoProto

OPSET, IR_VERSION = 14, 7
_KEY = "charnn"
# σ(100) is 1 in float32 and float64: e^−100 vanishes beside it.
_OPEN = 100.0


@dataclass(frozen=True)
class Operator:
    """How a cell is written as an ONNX operator.

    Attributes:
        gates: the cell's gates in the operator's order, each with the sign of its weights; a gate without a name
            is held open.
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


class Onnx(Format):
    """ONNX files."""

    suffix = ".onnx"

    def check(self) -> None:
        """Refuse the format where it cannot be written or read.

        Raises:
            UsageError: the package onnx is missing.
        """
        if importlib.util.find_spec("onnx") is None:
            raise UsageError("this needs the package onnx: pip install 'charnn[onnx]'")

    def write(self, network: ExchangedNetwork, path: Path) -> list[str]:
        """Write a network whole or not at all.

        Raises:
            UsageError: its cell has no operator.
        """
        write_atomically(path, _proto(network).SerializeToString(deterministic=True))
        if network.decoder.b_q.dtype == torch.float64:
            return ["the run is float64 and the file float32: ONNX runtimes lack recurrent operators for float64"]
        return []

    def read(self, path: Path, symbols: Path | None) -> ExchangedNetwork:
        """Read a network that `write` wrote.

        Raises:
            RunError: the file is damaged, or another program's.
            UsageError: a vocabulary was named, and the file brings its own.
        """
        proto = _parsed(path)
        metadata = {entry.key: entry.value for entry in proto.metadata_props}
        if _KEY not in metadata:
            raise RunError(
                f"{path} was not exported by charnn: of other ONNX files the gates, states and symbols are not known;"
                " import a state dict with `--format torch` instead"
            )
        if symbols is not None:
            raise UsageError(f"{path} brings its own vocabulary: leave out --vocabulary")
        try:
            document = json.loads(metadata[_KEY])
            tensors = _tensors(proto)
            return exported_network(document, _own(tensors, document["model"]["cell"]), str(path))
        except (ValueError, TypeError, KeyError, IndexError, RuntimeError) as error:
            raise RunError(f"{path} is damaged: {error!r}") from None


def _operator(cell: str) -> Operator:
    if cell not in OPERATORS:
        raise UsageError(f"the cell {cell} is no operator of ONNX; there are: {', '.join(OPERATORS)}")
    return OPERATORS[cell]


def _proto(network: ExchangedNetwork) -> ModelProto:
    """The network as a model of ONNX, checked."""
    import onnx
    from onnx import helper, numpy_helper

    model = network.decoder
    operator = _operator(network.options.cell.name)
    inputs = [_value("ids", ["T", "B"], integer=True)]
    outputs = [_value("logits", ["T", "B", len(network.vocabulary)])]
    nodes, x = _entry_nodes(embedded=model.embedding is not None), "x"
    for layer, cell in enumerate(model.layers):
        for part in cell.state_parts:
            inputs.append(_value(f"state.{layer}.{part}", ["B", cell.hidden]))
            outputs.append(_value(f"last_state.{layer}.{part}", ["B", cell.hidden]))
        nodes += _layer_nodes(layer, cell, operator, x)
        x = f"layers.{layer}.h"
    nodes += [helper.make_node("MatMul", [x, "W_q"], ["W_q h"]), helper.make_node("Add", ["W_q h", "b_q"], ["logits"])]
    constants = [numpy_helper.from_array(tensor.numpy(), name) for name, tensor in _initializers(network).items()]
    graph = helper.make_graph(nodes, "charnn", inputs, outputs, constants)
    proto = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="charnn",
        producer_version=__version__,
    )
    helper.set_model_props(proto, {_KEY: json.dumps(network.document(), ensure_ascii=False, sort_keys=True)})
    onnx.checker.check_model(proto, full_check=True)
    return proto


def _value(name: str, shape: list[str | int], *, integer: bool = False) -> ValueInfoProto:
    from onnx import TensorProto, helper

    return helper.make_tensor_value_info(name, TensorProto.INT64 if integer else TensorProto.FLOAT, shape)


def _entry_nodes(*, embedded: bool) -> list[NodeProto]:
    """Ids become x (T, B, D)."""
    from onnx import helper

    if embedded:
        return [helper.make_node("Gather", ["embedding", "ids"], ["x"])]
    return [helper.make_node("OneHot", ["ids", "V", "off and on"], ["x"], axis=-1)]


def _layer_nodes(layer: int, cell: Cell, operator: Operator, x: str) -> list[NodeProto]:
    """One operator, around which axes of length 1, its directions, come and go."""
    from onnx import helper

    own, parts = f"layers.{layer}", cell.state_parts
    bias = f"{own}.B" if cell.has_bias else ""
    before = [f"{own}.{part}.before" for part in parts]
    after = [f"{own}.{part}.after" for part in parts]
    return [
        *(
            helper.make_node("Unsqueeze", [f"state.{layer}.{part}", "first axis"], [name])
            for part, name in zip(parts, before, strict=True)
        ),
        helper.make_node(
            operator.name,
            [x, f"{own}.W", f"{own}.R", bias, "", *before],
            [f"{own}.all", *after],
            hidden_size=cell.hidden,
            **operator.attributes,
        ),
        helper.make_node("Squeeze", [f"{own}.all", "second axis"], [f"{own}.h"]),
        *(
            helper.make_node("Squeeze", [name, "first axis"], [f"last_state.{layer}.{part}"])
            for part, name in zip(parts, after, strict=True)
        ),
    ]


def _initializers(network: ExchangedNetwork) -> dict[str, Tensor]:
    """Weights and constants, by the names that they have in the graph."""
    model, operator = network.decoder, OPERATORS[network.options.cell.name]
    found = {"first axis": torch.tensor([0]), "second axis": torch.tensor([1])}
    if model.embedding is None:
        found |= {"V": torch.tensor(len(network.vocabulary)), "off and on": torch.tensor([0.0, 1.0])}
    else:
        found["embedding"] = model.embedding
    for layer, cell in enumerate(model.layers):
        found |= {f"layers.{layer}.{name}": tensor for name, tensor in _matrices(cell, operator).items()}
    found |= {"W_q": model.W_q, "b_q": model.b_q}
    return {
        name: (tensor.detach().float() if tensor.is_floating_point() else tensor).contiguous()
        for name, tensor in found.items()
    }


def _matrices(cell: Cell, operator: Operator) -> dict[str, Tensor]:
    """W (1, G·H, D), R (1, G·H, H) and B (1, 2·G·H): biases of the input, and zeros for those of the state."""
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


def _parsed(path: Path) -> ModelProto:
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        return onnx.load_model_from_string(path.read_bytes())
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror or error}") from None
    except DecodeError:
        raise RunError(f"{path} is damaged, or no ONNX file") from None


def _tensors(proto: ModelProto) -> dict[str, Tensor]:
    """The initialisers; those that lie in other files are refused, for a file could name any."""
    from onnx import TensorProto, numpy_helper

    for tensor in proto.graph.initializer:
        if tensor.data_location == TensorProto.EXTERNAL:
            raise ValueError(f"{tensor.name} lies in another file")
    return {tensor.name: torch.from_numpy(numpy_helper.to_array(tensor).copy()) for tensor in proto.graph.initializer}


def _own(tensors: dict[str, Tensor], cell: str) -> dict[str, Tensor]:
    """From initialisers to charnn's own parameters: the inverse of `_initializers`."""
    operator = _operator(cell)
    found: dict[str, Tensor] = {name: tensors[name] for name in ("embedding", "W_q", "b_q") if name in tensors}
    # The cell's gates in their own order, and where the operator has them.
    places = {name: (place, sign) for place, (name, sign) in enumerate(operator.gates) if name is not None}
    order = [places[name] for name in CELLS.load(cell).gates]
    for layer in range(sum(name.endswith(".R") for name in tensors)):
        for ours, theirs in (("W_x", "W"), ("W_h", "R"), ("b", "B")):
            tensor = tensors.get(f"layers.{layer}.{theirs}")
            if tensor is not None:
                blocks = tensor[0].chunk(len(operator.gates) * (2 if theirs == "B" else 1))
                found[f"cells.{layer}.{ours}"] = torch.cat([sign * blocks[place] for place, sign in order]).t()
    return found
