"""A whole text as ids: real corpora, and texts that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from charnn.data.running_text.dataset import read_dataset
from charnn.errors import InputError
from tests.conftest import corpus_file


@pytest.mark.parametrize("name", ["time-machine", "tiny-shakespeare", "war-and-peace", "shahnameh"])
def test_real_texts_are_the_ones_of_the_manifests(name: str) -> None:
    corpus_file(f"{name}.txt")
    dataset = read_dataset(name, split=(0.9, 0.1))
    assert dataset.vocabulary.join(dataset.ids[:20])
    assert len(dataset.parts["train"]) > 8 * len(dataset.parts["validation"])


def test_crlf_is_kept_and_the_byte_order_mark_is_not() -> None:
    corpus_file("war-and-peace.txt")
    dataset = read_dataset("war-and-peace")
    assert {b"\r", b"\n"} <= set(dataset.vocabulary.symbols)
    assert "\ufeff".encode() not in dataset.vocabulary.symbols
    assert len(dataset.ids) == 3_258_226


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("missing.txt", "no text `missing.txt`: no such file, and no corpus of that name"),
        ("tiny-shakespear", "did you mean `tiny-shakespeare`"),
        (".", "is a folder, not a text"),
        ("empty.txt", "empty.txt is empty"),
    ],
)
def test_what_cannot_be_read_is_named(source: str, message: str) -> None:
    Path("empty.txt").touch()
    with pytest.raises(InputError, match=message):
        read_dataset(source)


def test_a_text_that_changed_is_refused() -> None:
    Path("a.txt").write_text("hello")
    with pytest.raises(InputError, match="a.txt has changed: its sha256 is 2cf24dba.* instead of 0000"):
        read_dataset("a.txt", sha256="0" * 64)


def test_a_part_without_a_step_is_refused() -> None:
    with pytest.raises(InputError, match="5 characters leave 1 for the validation part, which needs at least 2"):
        read_dataset(text="hello", split=(0.8, 0.2))


def test_a_text_in_the_configuration_is_utf_8_whatever_the_encoding_of_files() -> None:
    dataset = read_dataset(text="سلام", encoding="utf-16")
    assert dataset.text.name == "the text"
    assert dataset.vocabulary.text(dataset.ids) == "سلام"
