"""Markov models: counts of n-grams, and the language models that are made from them. NumPy, no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from charnn.configuration.units import Unit
    from charnn.ngrams.fitted import FittedModel


def fit(text: str, model: str = "mixture", order: int = 5, *, unit: Unit = "character", **options: Any) -> FittedModel:
    """A Markov model of a text.

    >>> import charnn
    >>> charnn.ngrams.fit("abracadabra", model="witten-bell", order=3).sample("a", length=6)
    'aaaadab'

    Args:
        text: the text.
        model: `add-k`, `kneser-ney`, `maximum-likelihood`, `mixture`, `modified-kneser-ney` or `witten-bell`.
        order: n: a symbol is predicted from the n − 1 before it.
        unit: `character`, `grapheme` or `byte`.
        options: the keys of the model, such as `k` of `add-k`.

    Raises:
        UsageError: there is no such model.
        ConfigError: it has no such key, or its value is not allowed.
        InputError: the text has fewer than two symbols.
    """
    from charnn.ngrams import fitted

    return fitted.fit(text, model, order, unit=unit, **options)
