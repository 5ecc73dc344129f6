"""Scores beside those of other programs and of networks: the same text, the same characters, the same unit."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from charnn.configuration.families import MODELS
from charnn.data.running_text.dataset import read_dataset
from charnn.errors import InputError
from charnn.ngrams.baseline import baseline
from charnn.ngrams.evaluation import best_order, evaluate
from charnn.ngrams.material import Material, read_material
from charnn.ngrams.model import fitting
from tests.conftest import corpus_file

# KenLM's modified Kneser–Ney with its discount fallback, the whole text as one sentence of characters: perplexities
# of the last tenth of tiny-shakespeare.
KENLM = {6: 4.5847, 7: 4.5569, 8: 4.5691}


@pytest.fixture(scope="module")
def shakespeare() -> Material:
    return read_material(str(corpus_file("tiny-shakespeare.txt")), "character", split=(0.9, 0.1))


@pytest.fixture(scope="module")
def perplexities(shakespeare: Material) -> dict[str, list[float]]:
    found = {}
    for name in MODELS.names():
        model = fitting(name)(shakespeare.train, len(shakespeare.symbols), 10)
        found[name] = [score.perplexity for score in evaluate(model, shakespeare.validation)]
    return found


def test_modified_kneser_ney_is_no_worse_than_kenlm(perplexities: dict[str, list[float]]) -> None:
    for order, perplexity in KENLM.items():
        assert perplexities["modified-kneser-ney"][order - 1] < perplexity * 1.001


def test_the_mixture_is_better_than_kenlm_at_its_best(perplexities: dict[str, list[float]]) -> None:
    assert min(perplexities["mixture"]) < min(KENLM.values()) * 0.97


def test_orders_one_to_ten_have_finite_perplexities(perplexities: dict[str, list[float]]) -> None:
    for name, found in perplexities.items():
        smoothed = found[:1] if name == "maximum-likelihood" else found
        assert np.isfinite(smoothed).all()
        assert max(smoothed) < 65
    # Without smoothing, one unseen bigram in 100,000 characters makes the whole text impossible.
    assert perplexities["maximum-likelihood"][1:] == [math.inf] * 9


def test_smoothings_rank_as_in_the_literature(perplexities: dict[str, list[float]]) -> None:
    """Chen & Goodman (1999): modified Kneser–Ney, Kneser–Ney, Witten–Bell, and add-one far behind."""
    best = {name: min(found) for name, found in perplexities.items()}
    ranking = ["mixture", "modified-kneser-ney", "kneser-ney", "witten-bell", "add-k", "maximum-likelihood"]
    assert sorted(best, key=lambda name: best[name]) == ranking


def test_the_split_and_the_vocabulary_are_the_networks(shakespeare: Material) -> None:
    dataset = read_dataset(str(corpus_file("tiny-shakespeare.txt")), split=(0.9, 0.1))
    np.testing.assert_array_equal(shakespeare.train, dataset.part("train"))
    np.testing.assert_array_equal(shakespeare.validation, dataset.part("validation"))
    assert len(shakespeare.symbols) == len(dataset.vocabulary) == 65


def test_every_symbol_but_the_first_is_counted() -> None:
    """A unigram model of a fair coin loses ln 2 a symbol, whatever the first symbol is."""
    model = fitting("maximum-likelihood")(np.array([0, 1, 0, 1]), 3, 1)
    (one,) = evaluate(model, np.array([2, 1, 1, 0]))
    assert one.nats == pytest.approx(math.log(2))
    assert (one.bits, one.perplexity) == (pytest.approx(1), pytest.approx(2))
    assert one.unseen == 0, "the first symbol, the only unseen one, is not scored"
    assert one.size == 2
    with pytest.raises(InputError, match="it has 1 symbols; a score needs at least 2"):
        evaluate(model, np.array([0]), "it")


def test_the_best_order_is_found_without_looking_at_the_validation_part() -> None:
    """What follows 1, 0 depends on the symbol before them, and on nothing further back: three symbols decide."""
    ids = np.array([0, 0, 1, 0, 2, 1] * 60)
    assert best_order(fitting("kneser-ney"), ids, 3, 6).order == 4
    with pytest.raises(InputError, match="3 symbols are too short"):
        baseline(ids[:3], 3, ids)


def test_the_baseline_is_the_best_of_both() -> None:
    rng = np.random.default_rng(1)
    ids = np.cumsum(rng.integers(0, 2, 4000)) % 5
    found = baseline(ids[:3500], 5, ids[3500:])
    assert found.model in ("modified-kneser-ney", "mixture")
    assert found.score.nats == pytest.approx(math.log(2), abs=0.03)


def test_words_of_the_validation_part_may_be_unknown() -> None:
    text = "one two three four one two three four five six seven eight ten ten ten ten eleven"
    Path("words.txt").write_text(text)
    material = read_material("words.txt", "word", split=(0.7, 0.3))
    assert material.symbols.join(material.train).decode() == text[: int(0.7 * len(text))]
    unknown = len(material.symbols) - 1
    assert unknown in material.validation.tolist()
    assert material.symbols.join([unknown]) == b"<unk>"
    assert material.symbols.drawable() == unknown
    model = fitting("witten-bell")(material.train, len(material.symbols), 2)
    assert (model.distributions(material.train)[:, unknown] > 0).all()
