"""The text of a Markov model: its parts and its vocabulary."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from charnn.data.running_text.dataset import read_dataset
from charnn.ngrams.dataset import read_ngram_dataset
from charnn.ngrams.model import fitting
from tests.conftest import corpus_file


def test_the_split_and_the_vocabulary_are_the_networks() -> None:
    source = str(corpus_file("tiny-shakespeare.txt"))
    shakespeare = read_ngram_dataset(source, "character", split=(0.9, 0.1))
    dataset = read_dataset(source, split=(0.9, 0.1))
    np.testing.assert_array_equal(shakespeare.train, dataset.part("train"))
    np.testing.assert_array_equal(shakespeare.validation, dataset.part("validation"))
    assert len(shakespeare.vocabulary) == len(dataset.vocabulary) == 65


def test_words_of_the_validation_part_may_be_unknown() -> None:
    text = "one two three four one two three four five six seven eight ten ten ten ten eleven"
    Path("words.txt").write_text(text)
    dataset = read_ngram_dataset("words.txt", "word", split=(0.7, 0.3))
    assert dataset.vocabulary.join(dataset.train).decode() == text[: int(0.7 * len(text))]
    unknown = len(dataset.vocabulary) - 1
    assert unknown in dataset.validation.tolist()
    assert dataset.vocabulary.join([unknown]) == b"<unk>"
    assert dataset.vocabulary.known == unknown
    model = fitting("witten-bell")(dataset.train, len(dataset.vocabulary), 2)
    assert (model.distributions(dataset.train)[:, unknown] > 0).all()
