"""ONNX: each layer is one of the operators RNN, LSTM and GRU, so that any runtime has its own kernel for it.

    ids (T, B), state.I.h, state.I.c (B, H) → logits (T, B, V), last_state.I.h, last_state.I.c (B, H)

T and B are free. Ids become one-hot vectors or rows of the embedding. Runtimes lack these operators for float64: all
numbers are float32.

Source: the ONNX specification, https://onnx.ai/onnx/operators.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from charnn.errors import RunError, UsageError
from charnn.interchange import Format, TwoVocabulariesError
from charnn.interchange._graphs import KEY, checked_proto, entry_nodes, initializers, layer_nodes, value_of
from charnn.interchange._network import ExchangedNetwork, exported_network
from charnn.interchange._operators import cell_weights, operator_of
from charnn.storage.atomic import write_atomically

if TYPE_CHECKING:
    from onnx import ModelProto

    from charnn.runs.run import Run


class Onnx(Format):
    """ONNX files."""

    suffix = ".onnx"

    def check(self) -> None:
        """See `Format`.

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

    def write_examples(self, run: Run, weights: str | None, path: Path) -> list[Path]:
        """See `Format`: a classifier as one file, an encoder and a decoder as two."""
        from charnn.interchange._examples import example_protos

        written = []
        for part, proto in example_protos(run, weights).items():
            file = path.with_suffix(f".{part}.onnx") if part else path
            write_atomically(file, proto.SerializeToString(deterministic=True))
            written.append(file)
        return written

    def read(self, path: Path, symbols: Path | None) -> ExchangedNetwork:
        """Read a network that `write` wrote.

        Raises:
            RunError: the file is damaged, or was written by another program.
            TwoVocabulariesError: a vocabulary was named, and the file holds one.
        """
        proto = _parsed(path)
        metadata = {entry.key: entry.value for entry in proto.metadata_props}
        if KEY not in metadata:
            raise RunError(
                f"{path} was not exported by charnn: of other ONNX files the gates, states and symbols are not known;"
                " import a state dict of torch.nn instead"
            )
        if symbols is not None:
            raise TwoVocabulariesError(f"{path} holds a vocabulary of its own")
        try:
            document = json.loads(metadata[KEY])
            tensors = _tensors(proto)
            return exported_network(document, _parameters(tensors, document["model"]["cell"]), str(path))
        except (ValueError, TypeError, KeyError, IndexError, RuntimeError) as error:
            raise RunError(f"{path} is damaged: {error!r}") from None


def _proto(network: ExchangedNetwork) -> ModelProto:
    """The network as a model of ONNX, checked."""
    from onnx import helper, numpy_helper

    model = network.decoder
    operator = operator_of(network.options.cell.name)
    inputs = [value_of("ids", ["T", "B"], integer=True)]
    outputs = [value_of("logits", ["T", "B", len(network.vocabulary)])]
    nodes, x = entry_nodes(embedded=model.embedding is not None), "x"
    for layer, cell in enumerate(model.layers):
        for part in cell.state_parts:
            inputs.append(value_of(f"state.{layer}.{part}", ["B", cell.hidden]))
            outputs.append(value_of(f"last_state.{layer}.{part}", ["B", cell.hidden]))
        nodes += layer_nodes(layer, cell, operator, x)
        if model.residual and layer > 0:
            nodes.append(helper.make_node("Add", [x, f"layers.{layer}.h"], [f"layers.{layer}.sum"]))
        x = f"layers.{layer}.sum" if model.residual and layer > 0 else f"layers.{layer}.h"
    nodes += [helper.make_node("MatMul", [x, "W_q"], ["W_q h"]), helper.make_node("Add", ["W_q h", "b_q"], ["logits"])]
    constants = [
        numpy_helper.from_array(tensor.numpy(), name)
        for name, tensor in initializers(model, operator, len(network.vocabulary)).items()
    ]
    return checked_proto(helper.make_graph(nodes, "charnn", inputs, outputs, constants), network.document())


def _parsed(path: Path) -> ModelProto:
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        return onnx.load_model_from_string(path.read_bytes())
    except OSError as error:
        raise RunError(f"cannot read {path}: {error.strerror or error}") from None
    except DecodeError:
        raise RunError(f"{path} is damaged, or not an ONNX file") from None


def _tensors(proto: ModelProto) -> dict[str, Tensor]:
    """The initialisers; a tensor in another file is refused, because that could be any file."""
    from onnx import TensorProto, numpy_helper

    for tensor in proto.graph.initializer:
        if tensor.data_location == TensorProto.EXTERNAL:
            raise ValueError(f"{tensor.name} is in another file")
    return {tensor.name: torch.from_numpy(numpy_helper.to_array(tensor).copy()) for tensor in proto.graph.initializer}


def _parameters(tensors: dict[str, Tensor], cell: str) -> dict[str, Tensor]:
    """From initialisers to charnn's own parameters: the inverse of `initializers`."""
    parameters: dict[str, Tensor] = {name: tensors[name] for name in ("embedding", "W_q", "b_q") if name in tensors}
    for layer in range(sum(name.endswith(".R") for name in tensors)):
        start = f"layers.{layer}."
        weights = {name.removeprefix(start): tensor for name, tensor in tensors.items() if name.startswith(start)}
        parameters |= {f"cells.{layer}.{name}": tensor for name, tensor in cell_weights(weights, cell).items()}
    return parameters
