"""A Markov model for each label, against the same made one text at a time; and what a file holds of it."""

from __future__ import annotations

import numpy as np
import pytest

from charnn.data.examples.sequences import Sequences
from charnn.errors import InputError
from charnn.ngrams.labelled import (
    MODELS,
    CountingClassifier,
    LabelledModels,
    best_classifier,
    best_writer,
    stored_classifier,
)
from charnn.ngrams.model import fitting
from charnn.ngrams.naive_bayes import NaiveBayes

SYMBOLS, LABELS = 4, 3
SIZES = (LABELS, SYMBOLS)


def table(rows: int = 60, seed: int = 1) -> tuple[Sequences, np.ndarray]:
    """Texts of which each label has its own favourite symbol."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, LABELS, rows)
    words = [random.choice(SYMBOLS, random.integers(1, 8), p=_weights(label)) for label in labels]
    starts = np.concatenate(([0], np.cumsum([len(word) for word in words])))
    return Sequences(np.concatenate(words).astype(np.int32), starts), labels


def _weights(label: int) -> np.ndarray:
    weights = np.full(SYMBOLS, 0.15)
    weights[label] = 0.55
    return weights


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("order", [2, 3, 5])
def test_posteriors_are_those_of_texts_read_one_at_a_time(name: str, order: int) -> None:
    texts, labels = table()
    learned, asked = np.arange(40), np.arange(40, 60)
    found = LabelledModels.fit(name, order, texts, learned, labels[:40], SIZES).log_posteriors(texts, asked)
    edges = [SYMBOLS] * (order - 1)
    joint = np.zeros((len(asked), LABELS))
    for label in range(LABELS):
        own = [number for number in learned if labels[number] == label]
        ids = [*edges]
        for number in own:
            ids += [*texts[number].tolist(), *edges]
        model = fitting(name)(np.array(ids, dtype=np.uint32), SYMBOLS + 1, order)
        for row, number in enumerate(asked):
            read = [*edges, *texts[number].tolist()]
            for place, symbol in enumerate([*texts[number].tolist(), SYMBOLS]):
                context = np.array(read[place : place + order - 1], dtype=np.uint32)
                joint[row, label] += np.log(model.distributions(context)[-1][symbol])
            joint[row, label] += np.log((len(own) + 1) / (len(learned) + LABELS))
    expected = joint - np.log(np.exp(joint).sum(1, keepdims=True))
    np.testing.assert_allclose(found, expected, atol=1e-5)  # what a file holds of a probability is a float32
    np.testing.assert_allclose(np.exp(found).sum(1), 1, rtol=1e-12)


def made(kind: str, texts: Sequences, labels: np.ndarray) -> CountingClassifier:
    if kind == "naive-bayes":
        return NaiveBayes.fit(3, texts, np.arange(40), labels[:40], SIZES, 0.3)
    return LabelledModels.fit(kind, 3, texts, np.arange(40), labels[:40], SIZES)


@pytest.mark.parametrize("kind", [*MODELS, "naive-bayes"])
@pytest.mark.parametrize("without", [None, 1])
def test_a_file_holds_all_of_it(kind: str, without: int | None) -> None:
    """Also where a label has no text."""
    texts, labels = table()
    labels = np.where(labels == without, 0, labels)
    model = made(kind, texts, labels)
    again = stored_classifier(model.name, model.order, model.arrays(), SIZES)
    rows = np.arange(40, 60)
    np.testing.assert_array_equal(again.log_posteriors(texts, rows), model.log_posteriors(texts, rows))
    assert (again.title, again.order, again.size) == (model.title, model.order, model.size)


def test_the_classifier_that_is_chosen_gives_most_rows_their_label() -> None:
    texts, labels = table(120)
    train, kept = (np.arange(80), labels[:80]), (np.arange(80, 120), labels[80:])

    def right(model: CountingClassifier) -> float:
        return float((model.log_posteriors(texts, kept[0]).argmax(1) == kept[1]).mean())

    chosen = best_classifier(texts, train, kept, SIZES)
    others = [LabelledModels.fit(name, order, texts, *train, SIZES) for name in MODELS for order in (2, 4, 7)]
    assert right(chosen) >= max(map(right, others))
    assert best_classifier(texts, train, kept, SIZES, (4,)).order == 4
    likeliest = best_writer(texts, train, kept, SIZES)
    own = likeliest.log_likelihoods(texts, kept[0])[np.arange(40), kept[1]].mean()
    assert own >= max(one.log_likelihoods(texts, kept[0])[np.arange(40), kept[1]].mean() for one in others)


def test_there_must_be_rows_to_choose_by() -> None:
    texts, labels = table()
    with pytest.raises(InputError, match="validation part"):
        best_classifier(texts, (np.arange(60), labels), (np.arange(0), labels[:0]), SIZES)
