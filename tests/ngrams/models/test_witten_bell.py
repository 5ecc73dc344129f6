"""Witten–Bell smoothing against `nltk.lm`."""

from __future__ import annotations

import numpy as np
import pytest
from nltk.lm import WittenBellInterpolated

from charnn.ngrams.model import fitting
from tests.ngrams.models.nltk_models import IDS, SYMBOLS, ngrams_and_others, scores, trained


@pytest.mark.parametrize("order", [2, 3, 4])
def test_witten_bell_agrees_with_nltk(order: int) -> None:
    """nltk ends the recursion with relative frequencies of single symbols, so that unseen ones have probability 0.

    Chen & Goodman (1999, section 2.4) end it with the uniform distribution: 1-grams are interpolated with 1/V like
    any other order, and that is what a vocabulary with unseen symbols needs. With their base, nltk's recursion is
    the book's.
    """
    model = trained(WittenBellInterpolated(order), IDS, order)
    types, total = len(set(IDS.tolist())), len(IDS)
    unigrams = model.counts.unigrams
    model.estimator.unigram_score = lambda word: (unigrams[word] + types / SYMBOLS) / (total + types)
    ours = fitting("witten-bell")(IDS, SYMBOLS, order)
    for context in ngrams_and_others(order):
        np.testing.assert_allclose(ours.distributions(context)[-1], scores(model, context, SYMBOLS), atol=1e-9)
