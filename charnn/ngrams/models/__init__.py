"""The Markov models: one file a model, a class with its equations and its `Options`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from charnn.configuration.families import Family

if TYPE_CHECKING:  # the command line lists the models without NumPy
    from charnn.configuration.types import Section
    from charnn.data.text.units import Ids
    from charnn.ngrams.trie import Floats, TrieLevel


class MarkovModel(ABC):
    """The models of order 1 to n of one text. The model of order k predicts a symbol from the k − 1 symbols before it.

    Attributes:
        levels: the n-grams of each length.
        fixed_lengths: the lengths of n-grams whose discounts have fixed values, because the counts allow no estimate.
        Options: the keys of the model.
    """

    Options: ClassVar[type[Section]]

    levels: Sequence[TrieLevel]
    fixed_lengths: Sequence[int] = ()

    @abstractmethod
    def __init__(self, options: Any, ids: Ids, vocabulary: int, order: int) -> None:
        """Make the models of a text.

        Args:
            options: the keys, an `Options` of this class.
            ids: the text.
            vocabulary: V.
            order: n, the highest.
        """

    @abstractmethod
    def probabilities(self, ids: Ids) -> Floats:
        """(n, N) the probability of each of N symbols after those before it, in the model of each order."""

    @abstractmethod
    def distributions(self, context: Ids) -> Floats:
        """(n, V) the probability of each symbol of the vocabulary after `context`, in the model of each order."""


MARKOV_MODELS = Family("Markov model", MarkovModel)
