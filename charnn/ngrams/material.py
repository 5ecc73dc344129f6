"""What a Markov model is made of and measured on: the parts of a text, split where `charnn train` splits it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from charnn.data.running_text.dataset import read_dataset
from charnn.data.text.units import Ids
from charnn.errors import InputError
from charnn.ngrams.symbols import Symbols, Units, Words


@dataclass(frozen=True)
class Material:
    """The parts of a text as numbers of symbols.

    Units have the vocabulary of the whole text, as a network's have; words have that of the training part.
    """

    name: str
    symbols: Symbols
    train: Ids
    validation: Ids


def read_material(
    source: str,
    level: str,
    tokens: str | None = None,
    *,
    encoding: str = "utf-8",
    normalize: str = "none",
    split: Sequence[float] = (1.0,),
) -> Material:
    """Read a text and split it.

    Args:
        level: `word`, or a unit.
        tokens: what a word is; None takes `letters` for ASCII and `unicode-words` for other texts.

    Raises:
        InputError: the text cannot be had or used, or a part of it has fewer than two symbols.
    """
    unit = "character" if level == "word" else level
    dataset = read_dataset(source, unit=unit, normalize=normalize, encoding=encoding, split=split)
    train, validation = dataset.part("train"), dataset.part("validation")
    if level != "word":
        return Material(dataset.text.name, Units(dataset.vocabulary), train, validation)
    tokens = tokens or default_tokens(all(symbol.isascii() for symbol in dataset.vocabulary.symbols))
    texts = [dataset.vocabulary.text(ids) for ids in (train, validation)]
    words = Words.of(texts[0], tokens)
    parts = [words.encode(text) for text in texts]
    if len(parts[0]) < 2 or (len(validation) and len(parts[1]) < 2):
        raise InputError(f"{dataset.text.name} is too short: its parts have {len(parts[0])} and {len(parts[1])} words")
    return Material(dataset.text.name, words, *parts)


def default_tokens(is_ascii: bool) -> str:
    """What a word is where nobody says: `letters` in an ASCII text, `unicode-words` in another."""
    return "letters" if is_ascii else "unicode-words"
