"""Weights that a training starts from: their symbols are held against the text's, kept, or extended to them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from charnn.configuration.config import Config
from charnn.configuration.reading import read_settings
from charnn.errors import InputError, RunError, UsageError
from charnn.networks.language_model import LanguageModel
from charnn.networks.network import Network
from charnn.runs.places import Destination
from charnn.runs.run import Run
from charnn.runs.weights import find_weights
from charnn.storage.tensor_file import read_tensors, write_tensors
from charnn.tasks import read_task
from charnn.training.initial import Initial, Symbols
from charnn.training.resume import Continuation, resume
from tests.training.onlooker import Onlooker
from tests.training.starting import start

TEXT = "the cat sat on the mat and the dog sat on the log. "
KNOWN = sorted(set(TEXT))


def config_of(text: str, *settings: str) -> Config:
    small = ["model={cell: gru, hidden: 4}", "bptt.tau=5", "train={lanes: 2, steps: 3}", "corpus.split=[0.8, 0.2]"]
    return read_settings(f"corpus.text={text}", *small, *settings)


@pytest.fixture
def old() -> str:
    """A trained run on TEXT."""
    start(config_of(TEXT), Destination("old", Path("old")), Onlooker()).run_to_end()
    return "old"


def begin(text: str, symbols: Symbols | None, source: str = "old", *settings: str) -> tuple[Network, list[str], Run]:
    onlooker = Onlooker()
    shutil.rmtree("new", ignore_errors=True)
    initial = Initial(find_weights(source), symbols)
    training = start(config_of(text, *settings), Destination("new", Path("new")), onlooker, initial)
    return training.trainer.network, onlooker.notes, training.run


def test_weights_of_the_same_symbols_are_taken_as_they_are(old: str) -> None:
    for source in (old, "old/best.safetensors", "old/last.safetensors"):
        network, notes, _ = begin(TEXT[::-1], None, source)
        expected = find_weights(source).tensors
        assert all(torch.equal(value, expected[name]) for name, value in network.state_dict().items())
        assert len(notes) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            TEXT.upper(),
            r"12 of this text are unknown to it: 'A' .* and 7 more; 12 of its own are not in",
        ),
        (TEXT + "#!", r"knows other symbols: 2 of this text are unknown to it: '!' \(U\+0021\), '#' \(U\+0023\)\."),
        (TEXT.replace("g", "t"), r"knows other symbols: 1 of its own are not in this text: 'g' \(U\+0067\)\."),
    ],
    ids=["as many symbols, every letter another one", "more symbols", "fewer symbols"],
)
def test_other_symbols_are_refused_by_name(old: str, text: str, message: str) -> None:
    for source in (old, "old/last.safetensors"):
        with pytest.raises(RunError, match=message) as raised:
            begin(text, None, source)
        assert "--vocabulary keep" in str(raised.value)
        assert not Path("new").exists()


def test_kept_symbols_read_another_text_and_go_on_from_a_checkpoint(old: str) -> None:
    text = TEXT.replace("g", "t") * 2
    _, notes, run = begin(text, "keep")
    assert "keeps its 14 symbols, 1 of which are not in this text" in notes[0]
    assert run.vocabulary() == Run(Path(old)).vocabulary()
    training = start(config_of(text), Destination("kept", Path("kept")), Onlooker(), Initial(find_weights(old), "keep"))
    training.run_to_end()
    straight = read_tensors(Path("kept/last.safetensors")).tensors
    shutil.rmtree("kept")
    short = config_of(text, "train.steps=1")
    start(short, Destination("kept", Path("kept")), Onlooker(), Initial(find_weights(old), "keep")).run_to_end()
    resumed = resume(Continuation(Run(Path("kept")), settings=["train.steps=3"]), Onlooker())
    resumed.run_to_end()
    again = read_tensors(Path("kept/last.safetensors")).tensors
    assert all(torch.equal(again[name], straight[name]) for name in straight)


def test_symbols_that_are_to_be_kept_must_hold_the_text(old: str) -> None:
    with pytest.raises(InputError, match=r"does not contain: '#' .* at position 51; --vocabulary extend gives them"):
        begin(TEXT + "#", "keep")


@pytest.mark.parametrize("embedding", ["null", "3"])
def test_extended_weights_have_a_row_for_each_symbol_of_the_text(embedding: str) -> None:
    settings = [f"model.embedding={embedding}", "train.seed=7"]
    start(config_of(TEXT, *settings), Destination("old", Path("old")), Onlooker()).run_to_end()
    text = "#!" + TEXT.replace("g", "t").replace("c", "é")
    network, notes, run = begin(text, "extend", "old", *settings)
    assert "3 symbols of this text are new and start from random weights, 2 are gone, 12 stay" in notes[0]
    task = read_task(config_of(text, *settings))
    assert run.vocabularies() == task.vocabularies
    fresh, _, _ = begin_fresh(text, settings)
    weights, known = find_weights("old").tensors, Run(Path("old")).vocabulary()
    assert isinstance(network, LanguageModel)
    for name, value in network.state_dict().items():
        axis = network.symbol_axes.get(name)
        if axis is None:
            assert torch.equal(value, weights[name])
            continue
        for number, symbol in enumerate(task.vocabularies.input.symbols):
            source, row = (weights, known.ids[symbol]) if symbol in known.ids else (fresh.state_dict(), number)
            assert torch.equal(value.select(axis, number), source[name].select(axis, row)), (name, symbol)


def begin_fresh(text: str, settings: list[str]) -> tuple[Network, list[str], Run]:
    training = start(config_of(text, *settings), Destination("fresh", Path("fresh")), Onlooker())
    return training.trainer.network, [], training.run


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["model.hidden=5"], "is of another model: it has `model.hidden` 4, not 5"),
        (["model={cell: lstm, hidden: 4, layers: 2}"], "`model.cell` gru, not lstm; `model.layers` 1, not 2"),
        (
            ["corpus.unit=grapheme"],
            "reads characters, and this text is read as graphemes: set `corpus.unit:",
        ),
        (["corpus.normalize=NFC"], "reads characters, and this text is read as characters in NFC"),
    ],
)
def test_another_model_or_unit_is_named_by_its_keys(old: str, settings: list[str], message: str) -> None:
    with pytest.raises(RunError, match=message):
        begin(TEXT, None, "old", *settings)


def test_what_a_network_is_trained_with_may_differ() -> None:
    two = "model={cell: gru, hidden: 4, layers: 2}"
    start(config_of(TEXT, two), Destination("old", Path("old")), Onlooker()).run_to_end()
    begin(TEXT, None, "old", two, "model.dropout=0.5", "model.initialisation=gaussian")


def plain(document: dict[str, Any]) -> None:
    write_tensors(Path("plain.safetensors"), find_weights("old").tensors, document)


def test_weights_that_say_nothing_of_their_symbols_are_taken_with_a_note(old: str) -> None:
    plain({})
    _, notes, _ = begin(TEXT, None, "plain.safetensors")
    assert "does not say which symbols it knows: they are taken to be those of the text" in notes[0]
    with pytest.raises(UsageError, match="does not say which symbols it knows, which --vocabulary extend needs"):
        begin(TEXT, "extend", "plain.safetensors")


def test_older_weights_know_their_symbols_by_the_vocabulary_beside_them(old: str) -> None:
    """They hold its hash alone."""
    file = read_tensors(Path("old/last.safetensors"))
    document = {key: value for key, value in file.document.items() if key != "symbols"}
    write_tensors(Path("old/last.safetensors"), file.tensors, document)
    assert find_weights("old/last.safetensors").vocabulary == Run(Path("old")).vocabulary()
    Path("old/vocabulary.json").write_text(Path("old/vocabulary.json").read_text().replace("c", "C"))
    assert find_weights("old/last.safetensors").vocabulary is None


def test_weights_that_are_not_there_are_named() -> None:
    with pytest.raises(RunError, match=r"there is no file nowhere"):
        find_weights("nowhere")
