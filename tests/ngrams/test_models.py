"""Markov models: sums of one, `nltk.lm`, and slow obvious versions in plain Python."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nltk.lm import KneserNeyInterpolated, WittenBellInterpolated
from nltk.lm.api import LanguageModel

from charnn.configuration.families import MODELS
from charnn.errors import ConfigError, InputError, UsageError
from charnn.ngrams.interpolated import Interpolated
from charnn.ngrams.model import draw, fitting
from charnn.ngrams.models import modified_kneser_ney

V = 4
TRAINING = st.lists(st.integers(0, V - 2), min_size=6, max_size=60).map(np.array)
CONTEXTS = st.lists(st.integers(0, V - 1), max_size=6).map(lambda ids: np.array(ids, dtype=np.int64))
ORDERS = st.integers(1, 5)
# The symbols repeat with a period of no order, so that some n-grams occur once and others often.
IDS = np.array([(7 * place * place + place // 3) % 5 for place in range(60)])


@pytest.mark.parametrize("name", MODELS.names())
@given(ids=TRAINING, context=CONTEXTS, order=ORDERS)
def test_probabilities_sum_to_one_in_every_context(name: str, ids: Any, context: Any, order: int) -> None:
    """The last symbol of the vocabulary never occurs in training, so that contexts and symbols are unseen too."""
    p = fitting(name)(ids, V, order).distributions(context)
    assert p.shape == (order, V)
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(1), 1, rtol=1e-12)


@pytest.mark.parametrize("name", MODELS.names())
@given(ids=TRAINING, text=CONTEXTS, order=ORDERS)
def test_a_text_is_scored_by_the_distributions_after_each_beginning(name: str, ids: Any, text: Any, order: int) -> None:
    model = fitting(name)(ids, V, order)
    slow = [model.distributions(text[:place])[:, symbol] for place, symbol in enumerate(text)]
    np.testing.assert_allclose(model.probabilities(text), np.reshape(slow, (len(text), order)).T, rtol=1e-12)


def test_maximum_likelihood_is_relative_frequency() -> None:
    p = fitting("maximum-likelihood")(np.array([0, 1, 0, 1, 0, 2]), V, 2).distributions(np.array([0]))
    assert p[0].tolist() == [3 / 6, 2 / 6, 1 / 6, 0]
    assert p[1].tolist() == [0, 2 / 3, 1 / 3, 0]


def test_add_k_adds_k_to_every_count() -> None:
    model = fitting("add-k", ["k=0.5"])(np.array([0, 1, 0, 1, 0, 2]), V, 2)
    np.testing.assert_allclose(model.distributions(np.array([0]))[1], np.array([0.5, 2.5, 1.5, 0.5]) / 5, rtol=1e-15)
    assert model.distributions(np.array([3]))[1].tolist() == [1 / V] * V


def test_options_are_checked() -> None:
    with pytest.raises(ConfigError, match="add-k.k: .*greater than 0.*"):
        fitting("add-k", ["k=0"])
    with pytest.raises(ConfigError, match="unknown key .did you mean `discount`"):
        fitting("kneser-ney", ["dicsount=0.5"])
    with pytest.raises(UsageError, match="unknown Markov model `kneser-nay` .did you mean `kneser-ney`"):
        fitting("kneser-nay")
    with pytest.raises(InputError, match="the order, 7, is larger than the text, which has 3 symbols"):
        fitting("witten-bell")(np.array([0, 1, 2]), V, 7)


# --- nltk ---


def trained(model: LanguageModel, ids: Iterable[int], order: int) -> LanguageModel:
    symbols = [str(number) for number in ids]
    model.fit(
        [
            [tuple(symbols[place : place + length]) for place in range(len(symbols) - length + 1)]
            for length in range(1, order + 1)
        ],
        vocabulary_text=[str(number) for number in range(V + 1)],
    )
    return model


def scores(model: LanguageModel, context: Iterable[int], symbols: int) -> list[float]:
    before = tuple(str(number) for number in context)
    return [model.score(str(symbol), before) for symbol in range(symbols)]


@pytest.mark.parametrize("order", [2, 3, 4])
def test_witten_bell_agrees_with_nltk(order: int) -> None:
    """nltk ends the recursion with relative frequencies of single symbols, so that unseen ones have probability 0.

    Chen & Goodman (1999, section 2.4) end it with the uniform distribution: 1-grams are interpolated with 1/V like
    any other order, and that is what a vocabulary with unseen symbols needs. With their base, nltk's recursion is
    the book's.
    """
    symbols = 6
    model = trained(WittenBellInterpolated(order), IDS, order)
    types, total = len(set(IDS.tolist())), len(IDS)
    unigrams = model.counts.unigrams
    model.estimator.unigram_score = lambda word: (unigrams[word] + types / symbols) / (total + types)
    ours = fitting("witten-bell")(IDS, symbols, order)
    for context in ngrams_and_others(order):
        np.testing.assert_allclose(ours.distributions(context)[-1], scores(model, context, symbols), atol=1e-9)


@pytest.mark.parametrize("discount", [0.1, 0.75])
@pytest.mark.parametrize("order", [2, 3, 4])
def test_kneser_ney_agrees_with_nltk(order: int, discount: float) -> None:
    """nltk does not discount single symbols, and gives unseen ones probability 0.

    Chen & Goodman (1999, section 4.1.6) interpolate them with 1/V like any other order. With their base, nltk's
    recursion is the book's, but for one thing: where a context was seen but never with anything before it (it
    begins the text, and occurs nowhere else), its continuation counts are all 0, and nltk divides by zero. The
    contexts that are compared have something before them.
    """
    symbols = 6
    ids = np.concatenate([IDS, IDS[:order]])
    model = trained(KneserNeyInterpolated(order, discount), ids, order)
    pairs = set(pairwise(map(str, ids.tolist())))
    after = Counter(last for _, last in pairs)
    share = discount * len(after) / len(pairs)
    model.estimator.unigram_score = lambda word: max(after[word] - discount, 0) / len(pairs) + share / symbols
    ours = fitting("kneser-ney", [f"discount={discount}"])(ids, symbols, order)
    for context in ngrams_and_others(order):
        np.testing.assert_allclose(ours.distributions(context)[-1], scores(model, context, symbols), atol=1e-9)


def ngrams_and_others(order: int) -> list[Any]:
    """Contexts of every length below `order`: those of the text, and unseen ones."""
    seen = {tuple(IDS[place : place + length].tolist()) for length in range(order) for place in range(len(IDS))}
    return [np.array(context, dtype=np.int64) for context in sorted(seen | {(4, 4, 4), (5,), (0, 5)})]


# --- a slow obvious version ---


class SlowKneserNey:
    """Kneser–Ney as the paper states it: dictionaries, exact fractions, one recursion."""

    def __init__(self, ids: Iterable[int], vocabulary: int, order: int, *, modified: bool) -> None:
        text = tuple(ids)
        self.vocabulary, self.order, self.modified = vocabulary, order, modified
        self.counts: dict[int, Counter[tuple[int, ...]]] = {}
        for length in range(1, order + 1):
            grams = [text[place : place + length] for place in range(len(text) - length + 1)]
            longer = {text[place : place + length + 1] for place in range(len(text) - length)}
            occurrences, contexts = Counter(grams), Counter(gram[1:] for gram in longer)
            self.counts[length] = occurrences if length == order else contexts
        self.followers: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for counter in self.counts.values():
            for gram, number in counter.items():
                self.followers[gram[:-1]].append(number)

    @cache  # noqa: B019
    def discount(self, length: int, number: int) -> Fraction:
        n = Counter(self.counts[length].values())
        if not self.modified:
            return Fraction(n[1], n[1] + 2 * n[2]) if n[1] and n[2] else Fraction(3, 4)
        fallback = [Fraction(1, 2), Fraction(1), Fraction(3, 2)]
        if not all(n[number] for number in (1, 2, 3, 4)):
            return fallback[min(number, 3) - 1]
        y = Fraction(n[1], n[1] + 2 * n[2])
        found = [1 - 2 * y * n[2] / n[1], 2 - 3 * y * n[3] / n[2], 3 - 4 * y * n[4] / n[3]]
        usable = all(0 < discount <= count for count, discount in enumerate(found, start=1))
        return (found if usable else fallback)[min(number, 3) - 1]

    def p(self, symbol: int, context: tuple[int, ...]) -> Fraction:
        length = len(context) + 1
        shorter = self.p(symbol, context[1:]) if context else Fraction(1, self.vocabulary)
        total = sum(self.followers[context])
        if not total:
            return shorter
        number = self.counts[length][(*context, symbol)]
        kept = max(number - self.discount(length, number), Fraction(0)) if number else Fraction(0)
        left = sum((self.discount(length, count) for count in self.followers[context]), Fraction(0))
        return (kept + left * shorter) / total


@pytest.mark.parametrize("name", ["kneser-ney", "modified-kneser-ney"])
@given(ids=st.lists(st.integers(0, 2), min_size=8, max_size=200), order=st.integers(1, 4), context=CONTEXTS)
def test_kneser_ney_is_what_the_paper_says(name: str, ids: list[int], order: int, context: Any) -> None:
    slow = SlowKneserNey(ids, V, order, modified=name.startswith("modified"))
    before = tuple(context[max(0, len(context) - order + 1) :].tolist())
    expected = [float(slow.p(symbol, before)) for symbol in range(V)]
    ours = fitting(name)(np.array(ids), V, order)
    np.testing.assert_allclose(ours.distributions(context)[-1], expected, atol=1e-12)


def test_the_three_discounts_are_those_of_the_paper() -> None:
    """n_1 … n_4 = 6, 3, 2, 1: Y = 1/2, so D_1 = 1/2, D_2 = 1, D_3+ = 2."""
    assert modified_kneser_ney.discounts(np.array([1] * 6 + [2] * 3 + [3] * 2 + [4, 9])) == (0.5, 1.0, 2.0)
    assert modified_kneser_ney.discounts(np.array([1] * 6 + [2] * 3 + [4, 9])) == (0.5, 1.0, 1.5)


# --- mixtures and samples ---


def test_a_mixture_is_no_worse_than_its_parts_on_what_its_weights_were_learned_on() -> None:
    """Expectation maximisation raises the likelihood of the held-out part from that of even weights on."""
    rng = np.random.default_rng(1)
    ids = np.concatenate([[0, 1, 2, rng.integers(3)] for _ in range(500)])
    mixture: Any = fitting("mixture")(ids, 3, 3)
    before: Interpolated = fitting("modified-kneser-ney")(ids[:1800], 3, 3)  # type: ignore[assignment]
    held = ids[1800:]
    parts = before.probabilities(held)
    mixture.parts = before
    mixed = mixture.probabilities(held)
    assert np.log(mixed[-1]).sum() > np.log(parts.mean(0)).sum()
    assert np.log(mixed[-1]).sum() >= np.log(parts).sum(1).max() - 0.01 * len(held)


def test_a_mixture_of_too_short_a_text_weighs_evenly() -> None:
    model = fitting("mixture")(IDS[:9], 5, 3)
    parts = fitting("modified-kneser-ney")(IDS[:9], 5, 3)
    np.testing.assert_allclose(model.probabilities(IDS)[-1], parts.probabilities(IDS).mean(0), rtol=1e-12)
    for share in (0, 0.99):
        with pytest.raises(ConfigError, match="mixture.held_out"):
            fitting("mixture", [f"held_out={share}"])


def test_samples_follow_the_distribution_and_the_seed() -> None:
    model = fitting("maximum-likelihood")(np.array([0, 1, 0, 1, 0, 2, 0]), V, 2)
    drawn = list(draw(model, np.array([1]), 3000, seed=5, drawable=V))
    assert drawn[::2] == [0] * 1500
    assert abs(drawn.count(1) / 1500 - 2 / 3) < 0.05
    assert drawn == list(draw(model, np.array([1]), 3000, seed=5, drawable=V))
    assert drawn != list(draw(model, np.array([1]), 3000, seed=6, drawable=V))
    assert set(draw(model, np.array([1]), 100, seed=5, drawable=2)) == {0, 1}
