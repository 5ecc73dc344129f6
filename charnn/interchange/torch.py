"""A state dict of `torch.nn` in a safetensors file: embedding → `torch.nn.RNN` or `torch.nn.LSTM` → `torch.nn.Linear`.

    embedding.weight (V, E)   rnn.weight_ih_lI (G·H, D)   rnn.bias_ih_lI (G·H)   decoder.weight (V, H)
                              rnn.weight_hh_lI (G·H, H)   rnn.bias_hh_lI (G·H)   decoder.bias (V)

torch adds two biases; ours is the first, and the second is 0. The gates of its LSTM are in the order i, f, g, o:
our u, f, c, o. The other cells have no module: `torch.nn.GRU` resets after the product,
h̃_t = tanh(W_hx x_t + b + r_t ⊙ (W_hh h_{t−1} + b')), which no weights make equal to our gru.

Source: the documentation of `torch.nn.RNN`, `torch.nn.LSTM` and `torch.nn.GRU`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from charnn.cells import CELLS, Cell
from charnn.errors import RunError, UsageError
from charnn.interchange import Format, NoVocabularyError, OwnFileError, TwoVocabulariesError
from charnn.interchange._network import ExchangedNetwork, exported_network, filled_network
from charnn.interchange._vocabulary import read_symbols
from charnn.storage.tensor_file import read_tensors, write_tensors

# Our gates in torch's order.
GATES = {"rnn": ("h",), "lstm": ("u", "f", "c", "o")}
_LAYER = re.compile(
    r"(?P<module>.*?)(?P<kind>weight_ih|weight_hh|bias_ih|bias_hh|weight_hr)_l(?P<layer>\d+)(?P<end>.*)"
)


class Torch(Format):
    """State dicts of `torch.nn`."""

    suffix = ".safetensors"

    def check(self) -> None:
        """See `Format`; it needs no other package."""

    def write(self, network: ExchangedNetwork, path: Path) -> list[str]:
        """Write a network whole or not at all.

        Raises:
            UsageError: torch has no module for its cell.
        """
        model, cell = network.decoder, network.options.cell.name
        if cell not in GATES:
            raise UsageError(
                f"torch.nn has no module for the cell {cell} ({why_not(CELLS.load(cell))}); it has one for"
                f" {' and '.join(GATES)}. The format onnx takes more cells"
            )
        if model.residual:
            raise UsageError("torch.nn's layers do not add their input to their output, as `model.residual` does")
        tensors: dict[str, Tensor] = {} if model.embedding is None else {"embedding.weight": model.embedding}
        for layer, own in enumerate(model.layers):
            bias = _rows(own, own.b, GATES[cell])
            tensors |= {
                f"rnn.weight_ih_l{layer}": _rows(own, own.W_x, GATES[cell]),
                f"rnn.weight_hh_l{layer}": _rows(own, own.W_h, GATES[cell]),
                f"rnn.bias_ih_l{layer}": bias,
                f"rnn.bias_hh_l{layer}": torch.zeros_like(bias),
            }
        tensors |= {"decoder.weight": model.W_q.t(), "decoder.bias": model.b_q}
        write_tensors(path, tensors, network.document())
        return []

    def read(self, path: Path, symbols: Path | None) -> ExchangedNetwork:
        """Read the state dict of a language model with one `torch.nn.RNN` (of tanh) or `torch.nn.LSTM`.

        Args:
            path: the file.
            symbols: the vocabulary, in the order of the ids; a file that charnn exported holds its own.

        Raises:
            RunError: the file is damaged, or its tensors are not those of such a model.
            OwnFileError: it is a file of a run.
            NoVocabularyError: the vocabulary is missing.
            TwoVocabulariesError: there are two.
        """
        file = read_tensors(path)
        if file.document and not isinstance(file.document.get("vocabulary"), dict):
            raise OwnFileError(f"{path} is a file of a run")
        if file.document and symbols is not None:
            raise TwoVocabulariesError(f"{path} holds a vocabulary of its own")
        if not file.document and symbols is None:
            raise NoVocabularyError(f"{path} does not say which symbols its ids are")
        parts = _parts(file.tensors, str(path))
        tensors = parts.own_tensors()
        if symbols is None:
            return exported_network(file.document, tensors, str(path))
        vocabulary, order = read_symbols(symbols, len(parts.decoder))
        # Our ids are in the order of the symbols' bytes.
        entry = "cells.0.W_x" if parts.embedding is None else "embedding"
        tensors[entry], tensors["W_q"] = tensors[entry][order], tensors["W_q"][:, order]
        tensors["b_q"] = tensors["b_q"][order]
        return filled_network(parts.options(), vocabulary, tensors, str(path))


def why_not(cell: type[Cell]) -> str:
    """Why a cell that is not among the `GATES` has no module."""
    if cell.weights:
        return f"no module has weights such as {', '.join(weight.name for weight in cell.weights)}"
    if not cell.recurrent:
        return "its gates do not see the state, and every module's gates do"
    if cell.name == "gru":
        return "torch.nn.GRU resets after the product: it is another cell"
    return "none of them has its equations"


def _rows(cell: Cell, tensor: Tensor | None, gates: Sequence[str]) -> Tensor:
    """(G·H, …) the columns of a cell's gates as rows, one gate below the other."""
    assert tensor is not None  # the cells that torch has too have biases
    return torch.cat([tensor[..., cell.columns((gate,))].t() for gate in gates])


@dataclass(frozen=True)
class _Parts:
    """The tensors of a state dict by what they are for.

    Attributes:
        cell: charnn's cell.
        layers: for each layer its tensors, by `weight_ih` and so on.
        decoder: the weight of the linear layer.
        bias: its bias.
        embedding: the weight of the embedding, if there is one.
    """

    cell: str
    layers: list[dict[str, Tensor]]
    decoder: Tensor
    bias: Tensor
    embedding: Tensor | None

    def shapes(self) -> Iterator[tuple[str, Tensor, tuple[int, ...]]]:
        """Each tensor with the shape that it must have to fit the others."""
        hidden, symbols = self.layers[0]["weight_hh"].shape[1], len(self.decoder)
        rows, inputs = len(GATES[self.cell]) * hidden, symbols
        if self.embedding is not None:
            inputs = self.embedding.shape[1]
            yield "the embedding's weight", self.embedding, (symbols, inputs)
        for number, layer in enumerate(self.layers):
            expected = {"weight_ih": (rows, inputs), "weight_hh": (rows, hidden)}
            for kind, tensor in layer.items():
                yield f"{kind}_l{number}", tensor, expected.get(kind, (rows,))
            inputs = hidden
        yield "the decoder's weight", self.decoder, (symbols, hidden)
        yield "the decoder's bias", self.bias, (symbols,)

    def options(self) -> dict[str, Any]:
        """The section `model` of the network."""
        embedding = None if self.embedding is None else self.embedding.shape[1]
        hidden = self.layers[0]["weight_hh"].shape[1]
        return {"cell": self.cell, "hidden": hidden, "layers": len(self.layers), "embedding": embedding}

    def own_tensors(self) -> dict[str, Tensor]:
        """The tensors as charnn's own parameters."""
        tensors = {} if self.embedding is None else {"embedding": self.embedding}
        gates = GATES[self.cell]
        order = [gates.index(gate) for gate in CELLS.load(self.cell).gates]
        for layer, own in enumerate(self.layers):
            biases = [own[kind] for kind in ("bias_ih", "bias_hh") if kind in own]
            bias = sum(biases, torch.zeros_like(own["weight_ih"][:, 0]))
            for name, tensor in (("W_x", own["weight_ih"]), ("W_h", own["weight_hh"]), ("b", bias)):
                blocks = tensor.chunk(len(gates))
                tensors[f"cells.{layer}.{name}"] = torch.cat([blocks[place] for place in order]).t()
        return tensors | {"W_q": self.decoder.t(), "b_q": self.bias}


_FORM = (
    "one torch.nn.RNN or torch.nn.LSTM is read, with a torch.nn.Linear after it (`decoder.weight`, `decoder.bias`) and"
    " a torch.nn.Embedding before it (`embedding.weight`) or one-hot vectors"
)


def _parts(tensors: dict[str, Tensor], source: str) -> _Parts:
    """Sort the tensors of a state dict; its modules may have any names.

    Raises:
        RunError: they are not those of an RNN or LSTM language model.
    """
    recurrent, others = {}, {}
    for name, tensor in tensors.items():
        match = _LAYER.fullmatch(name)
        if match is None:
            others[name] = tensor
        elif match["end"] or match["kind"] == "weight_hr":
            raise RunError(f"{source} has {name}: networks that are bidirectional or project their state are not read")
        else:
            recurrent[match["module"], int(match["layer"]), match["kind"]] = tensor
    numbers = {layer for _, layer, _ in recurrent}
    layers = [{kind: tensor for (_, layer, kind), tensor in recurrent.items() if layer == number} for number in numbers]
    whole = numbers == set(range(len(numbers))) and all({"weight_ih", "weight_hh"} <= set(layer) for layer in layers)
    if len({module for module, _, _ in recurrent}) != 1 or not whole:
        raise RunError(f"{source} is not such a network: {_FORM}; it has: {', '.join(sorted(tensors))}")
    decoder, embedding = _ends(others, source)
    weight, bias = others[decoder], others.get(decoder.removesuffix("weight") + "bias")
    parts = _Parts(
        cell=_cell(layers[0]["weight_hh"], source),
        layers=layers,
        decoder=weight,
        bias=weight.new_zeros(len(weight)) if bias is None else bias,
        embedding=None if embedding is None else others[embedding],
    )
    for name, tensor, shape in parts.shapes():
        if tuple(tensor.shape) != shape:
            raise RunError(
                f"{source} is not such a network: {name} should have shape {shape}, not {tuple(tensor.shape)}"
            )
    return parts


def _cell(weight_hh: Tensor, source: str) -> str:
    """Which cell has (G·H, H) recurrent weights."""
    gates = len(weight_hh) / weight_hh.shape[1] if weight_hh.ndim == 2 and weight_hh.numel() else 0
    if gates == 3:
        raise RunError(
            f"{source} holds a torch.nn.GRU, which resets after the product: it is another cell than charnn's gru, and"
            " no weights make the two equal"
        )
    cells = {len(order): cell for cell, order in GATES.items()}
    if gates not in cells:
        raise RunError(f"{source} is not such a network: {_FORM}; its weight_hh_l0 has shape {tuple(weight_hh.shape)}")
    return cells[int(gates)]


def _ends(others: dict[str, Tensor], source: str) -> tuple[str, str | None]:
    """The names of the decoder's and the embedding's weights: of two, the one with a bias is the decoder's."""
    weights = sorted(name for name in others if name.rpartition(".")[2] == "weight" and others[name].ndim == 2)
    biased = [name for name in weights if name.removesuffix("weight") + "bias" in others]
    decoders = weights if len(weights) == 1 else biased
    if len(weights) not in (1, 2) or len(decoders) != 1 or len(others) != len(weights) + len(biased):
        raise RunError(f"{source} is not such a network: {_FORM}; next to the recurrent module: {', '.join(others)}")
    (decoder,) = decoders
    return decoder, next((name for name in weights if name != decoder), None)
