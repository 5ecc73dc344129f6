"""State dicts of torch.nn: its modules give the same logits and states; networks from elsewhere are read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from charnn.cells import CELLS
from charnn.errors import InputError, RunError, UsageError
from charnn.interchange import NoVocabularyError, OwnFileError, TwoVocabulariesError
from charnn.interchange.torch import Torch, why_not
from charnn.storage.tensor_file import write_tensors
from tests.cells.others import UNUSUAL, others
from tests.interchange.exchange import SHAPES, STEPS, SYMBOLS, network, read_by, same
from tests.models import EVERY_CELL

FILE, TABLE = Path("model.safetensors"), Path("symbols.txt")
MODULES = {"rnn": nn.RNN, "lstm": nn.LSTM}


class Elsewhere(nn.Module):
    """What a user of torch has: the module of docs/interchange.md."""

    def __init__(
        self, module: Callable[..., nn.RNNBase], symbols: int, hidden: int, layers: int, embedding: int | None
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(symbols, embedding) if embedding else None
        self.rnn = module(embedding or symbols, hidden, layers)
        self.decoder = nn.Linear(hidden, symbols)

    def forward(self, ids: Tensor, state: object) -> tuple[Tensor, object]:
        x = self.embedding(ids) if self.embedding else functional.one_hot(ids, self.decoder.out_features)
        x, state = self.rnn(x.to(self.decoder.weight), state)
        return self.decoder(x), state


@pytest.mark.parametrize(("layers", "embedding"), SHAPES)
@pytest.mark.parametrize("cell", MODULES)
@torch.no_grad()
def test_torch_gives_the_same_logits_and_states(
    cell: str, layers: int, embedding: int | None, record_property: Callable[[str, object], None]
) -> None:
    own = network(cell, layers, embedding)
    assert Torch().write(own, FILE) == []
    module = Elsewhere(MODULES[cell], len(SYMBOLS), 24, layers, embedding)
    module.load_state_dict(load_file(FILE))
    ids, before, logits, after = read_by(own)
    parts = tuple(torch.stack(part) for part in zip(*before, strict=True))
    state: Any = parts if cell == "lstm" else parts[0]
    found = []
    for half in (ids[: STEPS // 3], ids[STEPS // 3 :]):
        part, state = module(half, state)
        found.append(part)
    largest = (torch.cat(found) - logits).abs().max()
    record_property("largest", f"{largest:.2e}")
    assert largest < 1e-5
    state = state if cell == "lstm" else (state,)
    for part, expected in zip(state, zip(*after, strict=True), strict=True):
        torch.testing.assert_close(part, torch.stack(expected), rtol=0, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("layers", "embedding"), SHAPES)
@pytest.mark.parametrize("cell", MODULES)
def test_what_was_written_is_read_to_the_last_bit(
    cell: str, layers: int, embedding: int | None, dtype: torch.dtype
) -> None:
    own = network(cell, layers, embedding, dtype)
    Torch().write(own, FILE)
    assert same(Torch().read(FILE, None), own)


@pytest.mark.parametrize("cell", [cell for cell in EVERY_CELL if cell not in MODULES])
def test_cells_without_a_module_are_refused_with_a_reason(cell: str) -> None:
    why = rf"no module for the cell {cell} \(.+\); it has one for rnn and lstm. The format onnx takes more cells"
    with others(), pytest.raises(UsageError, match=why):
        Torch().write(network(cell), FILE)
    assert not FILE.exists()


def test_the_reason_is_what_a_cell_declares() -> None:
    with others():
        reasons = {cell: why_not(CELLS.load(cell)) for cell in ("gru", "linear", *UNUSUAL)}
    assert reasons == {
        "gru": "torch.nn.GRU resets after the product: it is another cell",
        "linear": "none of them has its equations",
        "min-gru": "its gates do not see the state, and every module's gates do",
        "peephole-lstm": "no module has weights such as p_u, p_f, p_o",
        "squared": "no module has weights such as W_s",
    }


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("layers", "embedding"), SHAPES)
@pytest.mark.parametrize("cell", MODULES)
@torch.no_grad()
def test_a_network_from_elsewhere_is_read_with_its_symbols_in_any_order(
    cell: str, layers: int, embedding: int | None, bias: bool
) -> None:
    torch.manual_seed(3)
    symbols = "zب a\nA"
    module = Elsewhere(MODULES[cell], len(symbols), 7, layers, embedding)
    tensors = {f"net.{name}".replace("rnn.", "body."): tensor for name, tensor in module.state_dict().items()}
    if not bias:
        for name in [name for name in tensors if "body.bias" in name]:
            tensors.pop(name)
            module.get_parameter(name.replace("net.body.", "rnn.")).zero_()
    save_file(tensors, FILE)
    TABLE.write_text(symbols)
    back = Torch().read(FILE, TABLE)
    assert b"".join(back.vocabulary.symbols).decode() == "".join(sorted(symbols))
    text = "zA\n az ببA"
    theirs = torch.tensor([[symbols.index(character)] for character in text])
    ours = torch.tensor(back.vocabulary.encode(back.vocabulary.units(text), "").tolist()).unsqueeze(1)
    logits, _ = back.decoder.logits(ours, back.decoder.zero_state(1))
    expected, _ = module(theirs, None)
    order = [symbols.index(symbol.decode()) for symbol in back.vocabulary.symbols]
    torch.testing.assert_close(logits, expected[..., order], rtol=0, atol=1e-6)


def elsewhere(**more: Tensor) -> dict[str, Tensor]:
    return {**Elsewhere(nn.LSTM, 3, 4, 1, None).state_dict(), **more}


@pytest.mark.parametrize(
    ("name", "content", "symbols"),
    [
        ("a.json", '["b", "a", "\\n"]', [b"\n", b"a", b"b"]),
        ("a.json", '{"b": 0, "a": 2, "c": 1}', [b"a", b"b", b"c"]),
        ("a.json", "[10, 255, 0]", [b"\0", b"\n", b"\xff"]),
        ("a.json", '["e\\u0301", "a", "b"]', [b"a", b"b", b"e\xcc\x81"]),
        ("a.json", '{"unit": "character", "normalize": "NFC", "symbols": ["a", "b", "c"]}', [b"a", b"b", b"c"]),
        ("a.txt", "bca\n", [b"a", b"b", b"c"]),
        ("a.txt", "ba\n", [b"\n", b"a", b"b"]),
        ("a.txt", "b\na\n", [b"\n", b"a", b"b"]),
    ],
)  # fmt: skip
def test_a_vocabulary_comes_in_several_forms(name: str, content: str, symbols: list[bytes]) -> None:
    save_file(elsewhere(), FILE)
    Path(name).write_text(content)
    found = Torch().read(FILE, Path(name)).vocabulary
    assert list(found.symbols) == symbols
    assert found.normalize == ("NFC" if "NFC" in content else "none")


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.txt", "ab", "has 2 symbols, and the network 3"),
        ("a.txt", "", "is not a vocabulary"),
        ("a.txt", "aba", "'a' occurs twice"),
        ("a.json", '["<unk>", "a", "b"]', "'<unk>' is none of them"),
        ("a.json", '["a", "b", 3]', "is not a vocabulary"),
        ("a.json", "[1, 2, 256]", "is not a vocabulary"),
        ("a.json", '["a", "b", "\\ud800"]', "a lone surrogate"),
        ("a.json", '{"a": 0, "b": 1, "c": 5}', "its ids are not the numbers from 0 to 2"),
        ("a.json", '{"a": 0, "b": 1, "c": []}', "its ids are not the numbers from 0 to 2"),
        ("a.json", '{"unit": "character", "normalize": "XYZ", "symbols": ["a", "b", "c"]}', "is not a normal form"),
        ("a.json", "3", "is not a vocabulary"),
        ("a.json", "[", "is not JSON"),
        ("nowhere", None, "cannot read nowhere"),
    ],
)
def test_what_is_not_a_vocabulary_is_refused(name: str, content: str | None, why: str) -> None:
    save_file(elsewhere(), FILE)
    if content is not None:
        Path(name).write_text(content)
    with pytest.raises(InputError, match=why):
        Torch().read(FILE, Path(name))


def wider(kind: str) -> dict[str, Tensor]:
    return {name: torch.cat([tensor, tensor]) if kind in name else tensor for name, tensor in elsewhere().items()}


@pytest.mark.parametrize(
    ("tensors", "why"),
    [
        (Elsewhere(nn.GRU, 3, 4, 1, None).state_dict(), "a torch.nn.GRU, which resets after the product"),
        (nn.LSTM(3, 4, bidirectional=True).state_dict(), "bidirectional"),
        (nn.LSTM(3, 4, proj_size=2).state_dict(), "project their state"),
        (nn.LSTM(3, 4).state_dict(), "next to the recurrent module"),
        (nn.Linear(3, 4).state_dict(), "it has: bias, weight"),
        (elsewhere(**{"other.weight_ih_l0": torch.zeros(4, 3)}), "is not such a network"),
        (elsewhere(**{"rnn.weight_ih_l2": torch.zeros(16, 4), "rnn.weight_hh_l2": torch.zeros(16, 4)}), "is not such"),
        (elsewhere(**{"norm.weight": torch.zeros(4)}), "norm.weight"),
        (elsewhere(**{"rnn.weight_hh_l0": torch.zeros(4, 0)}), r"weight_hh_l0 has shape \(4, 0\)"),
        (elsewhere(**{"rnn.weight_hh_l0": torch.zeros(4)}), r"weight_hh_l0 has shape \(4,\)"),
        (elsewhere(**{"rnn.weight_hh_l0": torch.zeros(4, 4)}), r"_l0 should have shape \(4,"),
        (elsewhere(**{"rnn.bias_hh_l0": torch.zeros(3)}), r"bias_hh_l0 should have shape \(16,\), not \(3,\)"),
        (wider("decoder.bias"), "the decoder's bias should have shape"),
        (wider("decoder.weight"), "weight_ih_l0 should have shape"),
        (elsewhere(**{"embedding.weight": torch.zeros(3, 2)}), r"weight_ih_l0 should have shape \(16, 2\)"),
        ({name: tensor.long() for name, tensor in elsewhere().items()}, "not floating-point"),
    ],
)
def test_other_state_dicts_are_refused(tensors: dict[str, Tensor], why: str) -> None:
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, FILE)
    TABLE.write_text("abc")
    with pytest.raises(RunError, match=why):
        Torch().read(FILE, TABLE)


def test_the_vocabulary_is_named_once() -> None:
    save_file(elsewhere(), FILE)
    with pytest.raises(NoVocabularyError, match="does not say which symbols its ids are"):
        Torch().read(FILE, None)
    Torch().write(network("lstm"), FILE)
    with pytest.raises(TwoVocabulariesError, match="holds a vocabulary of its own"):
        Torch().read(FILE, TABLE)


def test_a_file_of_a_run_is_told_apart() -> None:
    write_tensors(FILE, elsewhere(), {"step": 3})
    with pytest.raises(OwnFileError, match="is a file of a run"):
        Torch().read(FILE, None)


def test_half_precision_is_read_as_float32() -> None:
    save_file({name: tensor.half() for name, tensor in elsewhere().items()}, FILE)
    TABLE.write_text(json.dumps(["a", "b", "c"]))
    TABLE.rename("symbols.json")
    assert Torch().read(FILE, Path("symbols.json")).decoder.b_q.dtype == torch.float32
