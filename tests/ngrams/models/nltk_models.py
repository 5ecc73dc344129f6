"""Models of `nltk.lm`, trained on the same ids, and the text that they are compared on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from nltk.lm.api import LanguageModel

SYMBOLS = 6
# The sequence has no short period, so that some n-grams occur once and others often.
IDS = np.array([(7 * start * start + start // 3) % 5 for start in range(60)])


def trained(model: LanguageModel, ids: Iterable[int], order: int) -> LanguageModel:
    symbols = [str(number) for number in ids]
    model.fit(
        [
            [tuple(symbols[start : start + length]) for start in range(len(symbols) - length + 1)]
            for length in range(1, order + 1)
        ],
        vocabulary_text=[str(number) for number in range(SYMBOLS - 1)],
    )
    return model


def scores(model: LanguageModel, context: Iterable[int], symbols: int) -> list[float]:
    before = tuple(str(number) for number in context)
    return [model.score(str(symbol), before) for symbol in range(symbols)]


def ngrams_and_others(order: int) -> list[Any]:
    """Contexts of every length below `order`: those of the text, and unseen ones."""
    seen = {tuple(IDS[start : start + length].tolist()) for length in range(order) for start in range(len(IDS))}
    return [np.array(context, dtype=np.int64) for context in sorted(seen | {(4, 4, 4), (5,), (0, 5)})]
