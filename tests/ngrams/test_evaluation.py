"""Scores next to those of another program, on the same characters of the same text."""

from __future__ import annotations

import math

import numpy as np
import pytest

from charnn.errors import InputError
from charnn.ngrams.dataset import NgramDataset, read_ngram_dataset
from charnn.ngrams.evaluation import best_order, evaluate
from charnn.ngrams.model import fitting
from charnn.ngrams.models import MARKOV_MODELS
from tests.conftest import corpus_file

# KenLM's modified Kneser–Ney with its discount fallback, the whole text as one sentence of characters: perplexities
# of the last tenth of tiny-shakespeare.
KENLM = {6: 4.5847, 7: 4.5569, 8: 4.5691}


@pytest.fixture(scope="module")
def shakespeare() -> NgramDataset:
    return read_ngram_dataset(str(corpus_file("tiny-shakespeare.txt")), "character", split=(0.9, 0.1))


@pytest.fixture(scope="module")
def perplexities(shakespeare: NgramDataset) -> dict[str, list[float]]:
    by_order = {}
    for name in MARKOV_MODELS.names():
        model = fitting(name)(shakespeare.train, len(shakespeare.vocabulary), 10)
        by_order[name] = [score.perplexity for score in evaluate(model, shakespeare.validation)]
    return by_order


def test_modified_kneser_ney_is_no_worse_than_kenlm(perplexities: dict[str, list[float]]) -> None:
    for order, perplexity in KENLM.items():
        assert perplexities["modified-kneser-ney"][order - 1] < perplexity * 1.001


def test_the_mixture_is_better_than_kenlm_at_its_best(perplexities: dict[str, list[float]]) -> None:
    assert min(perplexities["mixture"]) < min(KENLM.values()) * 0.97


def test_orders_one_to_ten_have_finite_perplexities(perplexities: dict[str, list[float]]) -> None:
    for name, by_order in perplexities.items():
        smoothed = by_order[:1] if name == "maximum-likelihood" else by_order
        assert np.isfinite(smoothed).all()
        assert max(smoothed) < 65
    # Without smoothing, one unseen bigram in 100,000 characters makes the whole text impossible.
    assert perplexities["maximum-likelihood"][1:] == [math.inf] * 9


def test_smoothings_rank_as_in_the_literature(perplexities: dict[str, list[float]]) -> None:
    """Chen & Goodman (1999): modified Kneser–Ney, Kneser–Ney, Witten–Bell, and add-one far behind."""
    best = {name: min(by_order) for name, by_order in perplexities.items()}
    ranking = ["mixture", "modified-kneser-ney", "kneser-ney", "witten-bell", "add-k", "maximum-likelihood"]
    assert sorted(best, key=lambda name: best[name]) == ranking


def test_every_symbol_but_the_first_is_counted() -> None:
    """A unigram model of a fair coin loses ln 2 a symbol, whatever the first symbol is."""
    model = fitting("maximum-likelihood")(np.array([0, 1, 0, 1]), 3, 1)
    (score,) = evaluate(model, np.array([2, 1, 1, 0]))
    assert score.nats == pytest.approx(math.log(2))
    assert (score.bits, score.perplexity) == (pytest.approx(1), pytest.approx(2))
    assert score.unseen == 0, "the first symbol, the only unseen one, is not scored"
    assert score.size == 2
    with pytest.raises(InputError, match="it has 1 symbols; a score needs at least 2"):
        evaluate(model, np.array([0]), "it")


def test_the_best_order_is_found_without_looking_at_the_validation_part() -> None:
    """What follows 1, 0 depends on the symbol before them, and on nothing further back: three symbols decide."""
    ids = np.array([0, 0, 1, 0, 2, 1] * 60)
    assert best_order(fitting("kneser-ney"), ids, 3, 6).order == 4
