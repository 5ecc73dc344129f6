"""The networks of examples as ONNX: a classifier as one file, an encoder–decoder as two.

    classifier   ids (T, B), lengths (B) → logits (B, K)
    encoder      ids (T, B), lengths (B) → state.I.h, state.I.c (B, H)
    decoder      ids (T, B), state.I.h, state.I.c (B, H) → logits (T, B, V + 1), last_state.I.h, last_state.I.c (B, H)

T and B are free; what is beyond a row's length is not read. The last symbol of a decoder, V, begins and ends a text. An
encoder that reads its sources from the end turns them round itself.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import torch

from charnn.configuration.config import plain_values
from charnn.errors import UsageError
from charnn.interchange._graphs import checked_proto, entry_nodes, initializers, layer_nodes, value_of
from charnn.interchange._operators import operator_of
from charnn.networks.classifier import Classifier
from charnn.networks.decoder import Decoder
from charnn.networks.encoder_decoder import EncoderDecoder
from charnn.networks.stack import Stack
from charnn.runs.run import Run
from charnn.tasks import trained_network

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto


def example_protos(run: Run, weights: str | None) -> dict[str, ModelProto]:
    """The parts of a run's network as models of ONNX, by their names; a whole has the name "".

    Raises:
        UsageError: the task's network, or its cell, has no such form.
    """
    network = trained_network(run, weights, torch.device("cpu")).float()
    document: dict[str, Any] = {
        "task": plain_values(run.config().task),
        "model": plain_values(run.config().model),
        "vocabularies": json.loads(run.vocabularies().to_json()),
    }
    inputs, _ = run.vocabularies().sizes
    if isinstance(network, Classifier):
        return {"": _reader(network, inputs, document, network)}
    if isinstance(network, EncoderDecoder):
        encoder = _reader(network.encoder, inputs, document, None, reverse=network.reverse_source)
        return {"encoder": encoder, "decoder": _decoder(network.decoder, document)}
    raise UsageError(f"{run.path} does {run.config().task.name}, whose networks are not exported")


def _reader(
    stack: Stack, symbols: int, document: dict[str, Any], readout: Classifier | None, *, reverse: bool = False
) -> ModelProto:
    """A stack that reads rows of different length, and gives its last state or the logits of labels."""
    from onnx import TensorProto, helper, numpy_helper

    operator = operator_of(stack.layers[0].name)
    inputs = [value_of("ids", ["T", "B"], integer=True), value_of("lengths", ["B"], integer=True)]
    nodes = [helper.make_node("Cast", ["lengths"], ["ends"], to=TensorProto.INT32)]
    if reverse:
        nodes.append(helper.make_node("ReverseSequence", ["ids", "lengths"], ["read"], batch_axis=1, time_axis=0))
    nodes += entry_nodes(embedded=stack.embedding is not None, ids="read" if reverse else "ids")
    nodes += _layers(stack, lengths="ends")
    states = [(f"state.{layer}.{part}", cell) for layer, cell in enumerate(stack.layers) for part in cell.state_parts]
    if readout is None:
        nodes += [helper.make_node("Identity", [f"last_{name}"], [name]) for name, _ in states]
        outputs = [value_of(name, ["B", cell.hidden]) for name, cell in states]
    else:
        # With residual layers what the top gives is the sum of all layers' outputs.
        tops = range(len(stack.layers)) if stack.residual else [len(stack.layers) - 1]
        nodes.append(helper.make_node("Sum", [f"last_state.{layer}.h" for layer in tops], ["top"]))
        nodes += _readout("top")
        outputs = [value_of("logits", ["B", len(readout.b_q)])]
    constants = [
        numpy_helper.from_array(value.numpy(), name) for name, value in initializers(stack, operator, symbols).items()
    ]
    return checked_proto(helper.make_graph(nodes, "charnn", inputs, outputs, constants), document)


def _decoder(decoder: Decoder, document: dict[str, Any]) -> ModelProto:
    """A decoder that starts from a state."""
    from onnx import helper, numpy_helper

    operator, symbols = operator_of(decoder.layers[0].name), len(decoder.b_q)
    inputs, outputs = [value_of("ids", ["T", "B"], integer=True)], [value_of("logits", ["T", "B", symbols])]
    for layer, cell in enumerate(decoder.layers):
        for part in cell.state_parts:
            inputs.append(value_of(f"state.{layer}.{part}", ["B", cell.hidden]))
            outputs.append(value_of(f"last_state.{layer}.{part}", ["B", cell.hidden]))
    nodes = [*entry_nodes(embedded=decoder.embedding is not None), *_layers(decoder), *_readout(_top(decoder))]
    constants = [
        numpy_helper.from_array(value.numpy(), name) for name, value in initializers(decoder, operator, symbols).items()
    ]
    return checked_proto(helper.make_graph(nodes, "charnn", inputs, outputs, constants), document)


def _layers(stack: Stack, lengths: str = "") -> list[NodeProto]:
    """All layers, each reading the one below."""
    from onnx import helper

    operator, x = operator_of(stack.layers[0].name), "x"
    nodes: list[NodeProto] = []
    for layer, cell in enumerate(stack.layers):
        nodes += layer_nodes(layer, cell, operator, x, lengths)
        if stack.residual and layer > 0:
            nodes.append(helper.make_node("Add", [x, f"layers.{layer}.h"], [f"layers.{layer}.sum"]))
        x = f"layers.{layer}.sum" if stack.residual and layer > 0 else f"layers.{layer}.h"
    return nodes


def _top(stack: Stack) -> str:
    layer = len(stack.layers) - 1
    return f"layers.{layer}.sum" if stack.residual and layer > 0 else f"layers.{layer}.h"


def _readout(h: str) -> list[NodeProto]:
    from onnx import helper

    return [
        helper.make_node("MatMul", [h, "W_q"], ["W_q h"]),
        helper.make_node("Add", ["W_q h", "b_q"], ["logits"]),
    ]
