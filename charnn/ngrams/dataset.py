"""The text of a Markov model as ids, split into the same parts as by `charnn train`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from charnn.configuration.units import NormalForm
from charnn.data.running_text.dataset import read_dataset
from charnn.data.text.levels import Level, Tokenizer
from charnn.data.text.units import Ids
from charnn.data.text.words import default_tokenizer
from charnn.errors import InputError
from charnn.ngrams.vocabularies import SymbolVocabulary, UnitVocabulary, WordVocabulary


@dataclass(frozen=True)
class NgramDataset:
    """The training and the validation part of a text, as ids of units or words.

    Units have the vocabulary of the whole text, like those of a network. Words have that of the training part.

    Attributes:
        name: what messages call the text.
    """

    name: str
    vocabulary: SymbolVocabulary
    train: Ids
    validation: Ids


def read_ngram_dataset(
    source: str,
    level: Level,
    tokens: Tokenizer | None = None,
    *,
    encoding: str = "utf-8",
    normalize: NormalForm = "none",
    split: Sequence[float] = (1.0,),
) -> NgramDataset:
    """Read a text and split it.

    Args:
        source: the name of a corpus, a path, or `-` for standard input.
        level: words, or a unit.
        tokens: the rule that says what a word is; None takes the default for the text.

    Raises:
        InputError: the text is not available or cannot be used, or a part of it has fewer than two symbols.
    """
    unit = "character" if level == "word" else level
    dataset = read_dataset(source, unit=unit, normalize=normalize, encoding=encoding, split=split)
    train, validation = dataset.part("train"), dataset.part("validation")
    if level != "word":
        return NgramDataset(dataset.text.name, UnitVocabulary(dataset.vocabulary), train, validation)
    tokens = tokens or default_tokenizer(all(symbol.isascii() for symbol in dataset.vocabulary.symbols))
    texts = [dataset.vocabulary.text(ids) for ids in (train, validation)]
    words = WordVocabulary.of(texts[0], tokens, normalize)
    parts = [words.encode(text) for text in texts]
    if len(parts[0]) < 2 or (len(validation) and len(parts[1]) < 2):
        raise InputError(f"{dataset.text.name} is too short: its parts have {len(parts[0])} and {len(parts[1])} words")
    return NgramDataset(dataset.text.name, words, *parts)
