"""Pieces of ONNX graphs: the layers of a stack, what goes in, and the model around them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from charnn import __version__
from charnn.cells import Cell
from charnn.interchange._operators import Operator, operator_weights
from charnn.networks.stack import Stack

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, NodeProto, ValueInfoProto

OPSET, IR_VERSION = 14, 7
KEY = "charnn"
"""Under which a file holds what charnn says of it."""


def checked_proto(graph: GraphProto, document: dict[str, Any]) -> ModelProto:
    """A graph as a model of ONNX, checked, with what charnn says of it."""
    import onnx
    from onnx import helper

    proto = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="charnn",
        producer_version=__version__,
    )
    helper.set_model_props(proto, {KEY: json.dumps(document, ensure_ascii=False, sort_keys=True)})
    onnx.checker.check_model(proto, full_check=True)
    return proto


def value_of(name: str, shape: list[str | int], *, integer: bool = False) -> ValueInfoProto:
    """An input or an output: its name, and its shape, in which a name stands for any number."""
    from onnx import TensorProto, helper

    return helper.make_tensor_value_info(name, TensorProto.INT64 if integer else TensorProto.FLOAT, shape)


def entry_nodes(*, embedded: bool, ids: str = "ids") -> list[NodeProto]:
    """Ids become x (T, B, D)."""
    from onnx import helper

    if embedded:
        return [helper.make_node("Gather", ["embedding", ids], ["x"])]
    return [helper.make_node("OneHot", [ids, "V", "off and on"], ["x"], axis=-1)]


def layer_nodes(layer: int, cell: Cell, operator: Operator, x: str, lengths: str = "") -> list[NodeProto]:
    """One operator, and around it what adds and removes its axis of directions, whose length is 1.

    Args:
        layer: its number.
        cell: the cell.
        operator: what it is written as.
        x: what it reads.
        lengths: after how many steps each row ends; without it all end together, and the state is an input.
    """
    from onnx import helper

    own, parts = f"layers.{layer}", cell.state_parts
    bias = f"{own}.B" if cell.has_bias else ""
    before = [f"{own}.{part}.before" for part in parts]
    after = [f"{own}.{part}.after" for part in parts]
    entry = [
        helper.make_node("Unsqueeze", [f"state.{layer}.{part}", "first axis"], [name])
        for part, name in zip(parts, before, strict=True)
    ]
    return [
        *([] if lengths else entry),
        helper.make_node(
            operator.name,
            [x, f"{own}.W", f"{own}.R", bias, lengths, *([] if lengths else before)],
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


def initializers(stack: Stack, operator: Operator, symbols: int) -> dict[str, Tensor]:
    """Weights and constants, by the names that they have in the graph.

    Args:
        stack: the network; where it has an output layer, that too.
        operator: what its cells are written as.
        symbols: how many symbols it reads.
    """
    values = {"first axis": torch.tensor([0]), "second axis": torch.tensor([1])}
    if stack.embedding is None:
        values |= {"V": torch.tensor(symbols), "off and on": torch.tensor([0.0, 1.0])}
    else:
        values["embedding"] = stack.embedding
    for layer, cell in enumerate(stack.layers):
        values |= {f"layers.{layer}.{name}": tensor for name, tensor in operator_weights(cell, operator).items()}
    values |= {name: parameter for name, parameter in stack.named_parameters() if name in ("W_q", "b_q")}
    return {
        name: (tensor.detach().float() if tensor.is_floating_point() else tensor).contiguous()
        for name, tensor in values.items()
    }
