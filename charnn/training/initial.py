"""Weights that a training starts from, instead of random ones: those of a run, or of a file.

The rows and columns of a network that belong to symbols mean nothing without the symbols. So these must be the text's,
unless it is said which to take: `keep` reads the text in the symbols that the weights know; `extend` takes those of
the text: rows of symbols that both know are taken over, new ones start from random numbers, and those of symbols that
are gone are dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from charnn.configuration.config import plain_values
from charnn.configuration.sections import Model
from charnn.data.text.vocabularies import Vocabularies
from charnn.data.text.vocabulary import UnknownSymbolsError, Vocabulary
from charnn.errors import InputError, RunError, UsageError
from charnn.networks.language_model import LanguageModel
from charnn.networks.network import Network
from charnn.networks.parameters.filling import fill
from charnn.runs.weights import FoundWeights
from charnn.tasks import Task

Symbols = Literal["keep", "extend"]
"""Which symbols a training takes where the weights' are not the text's."""

_HOW_IT_IS_TRAINED = {
    "dropout",
    "dropout_masks",
    "initialisation",
    "input_dropout",
    "output_dropout",
    "recurrent_dropout",
}
"""Keys of the section `model` that a network may be trained with or without."""

_SHOWN = 5


@dataclass(frozen=True)
class Initial:
    """Weights to start from.

    Attributes:
        found: the weights, and the symbols and the model that they belong to, as far as is known.
        symbols: which symbols are taken; None: both must be the same.
    """

    found: FoundWeights
    symbols: Symbols | None = None

    def prepare(self, task: Task) -> list[str]:
        """Hold the weights' symbols against those of a task, and let it take them where that is wanted.

        Returns:
            What there is to say of it, a line each.

        Raises:
            RunError: they differ, and it is not said which to take.
            InputError: the text has symbols that the weights do not know, and they are to be kept.
            UsageError: it is said which to take, and the weights' are not known.
        """
        if self.found.vocabularies is not None and task.vocabularies.target is not None:
            return self._prepare_examples(task.vocabularies)
        known, text = self.found.vocabulary, task.vocabularies.input
        if known is None:
            if self.symbols is not None:
                raise UsageError(
                    f"{self.found.name} does not say which symbols it knows, which --vocabulary {self.symbols} needs:"
                    " name the run's folder"
                )
            return [f"{self.found.name} does not say which symbols it knows: they are taken to be those of the text"]
        if known == text:
            return []
        if (known.unit, known.normalize) != (text.unit, text.normalize):
            raise RunError(
                f"{self.found.name} reads {_reading(known)}, and this text is read as {_reading(text)}:"
                f" set `corpus.unit: {known.unit}` and `corpus.normalize: {known.normalize}`"
            )
        new, gone = _without(text, known), _without(known, text)
        if self.symbols == "keep":
            try:
                task.take_vocabularies(Vocabularies(known))
            except UnknownSymbolsError as error:
                raise InputError(f"{error}; --vocabulary extend gives them weights of their own") from None
            return [f"{self.found.name} keeps its {len(known)} symbols, {len(gone)} of which are not in this text"]
        if self.symbols == "extend":
            return [
                f"{self.found.name}: {len(new)} symbols of this text are new and start from random weights,"
                f" {len(gone)} are gone, {len(text) - len(new)} stay"
            ]
        differences = [f"{len(new)} of this text are unknown to it: {_listed(text, new)}"] if new else []
        differences += [f"{len(gone)} of its own are not in this text: {_listed(known, gone)}"] if gone else []
        raise RunError(
            f"{self.found.name} knows other symbols: {'; '.join(differences)}."
            " --vocabulary keep goes on with the symbols that it knows, --vocabulary extend with those of this text"
        )

    def fill(self, network: Network, model: Model, vocabularies: Vocabularies) -> None:
        """Fill a network, which holds random numbers, with the weights.

        Args:
            network: the network.
            model: its section of the configuration.
            vocabularies: the symbols that its ids stand for.

        Raises:
            RunError: the weights are of another model.
        """
        self._check_model(model)
        fill(network, self._by_symbol(network, vocabularies.input), self.found.name)

    def _prepare_examples(self, wanted: Vocabularies) -> list[str]:
        """Hold the weights' symbols and labels against those of a table: they must be the same.

        Raises:
            UsageError: it is said which to take, which only a running text has a meaning for.
            RunError: they differ.
        """
        if self.symbols is not None:
            raise UsageError(f"--vocabulary {self.symbols} is for a running text, not for a table: leave it out")
        if self.found.vocabularies != wanted:
            raise RunError(f"{self.found.name} knows other symbols or labels than this table has")
        return []

    def _by_symbol(self, network: Network, vocabulary: Vocabulary) -> dict[str, Tensor]:
        """The weights with the rows of the text's symbols in the text's order; the network's own where one is new."""
        known, tensors = self.found.vocabulary, dict(self.found.tensors)
        if known is None or known == vocabulary:
            return tensors
        both = [symbol for symbol in vocabulary.symbols if symbol in known.ids]
        rows = torch.tensor([vocabulary.ids[symbol] for symbol in both], dtype=torch.long)
        old_rows = torch.tensor([known.ids[symbol] for symbol in both], dtype=torch.long)
        assert isinstance(network, LanguageModel), "a table's symbols are the same"
        for name, axis in network.symbol_axes.items():
            if name not in tensors or tensors[name].shape[axis : axis + 1] != (len(known),):
                continue  # it does not fit, whatever the symbols are
            fresh = network.state_dict()[name].cpu()
            taken = tensors[name].index_select(axis, old_rows).to(fresh.dtype)
            tensors[name] = fresh.index_copy(axis, rows, taken)
        return tensors

    def _check_model(self, model: Model) -> None:
        """Name the keys in which the weights' model differs, where it is known.

        Raises:
            RunError: there are some.
        """
        if self.found.model is None:
            return
        old, new = plain_values(self.found.model), plain_values(model)
        wrong = [
            f"`model.{key}` {old.get(key, 'null')}, not {new.get(key, 'null')}"
            for key in sorted({*old, *new} - _HOW_IT_IS_TRAINED)
            if old.get(key) != new.get(key)
        ]
        if wrong:
            raise RunError(f"{self.found.name} is of another model: it has {'; '.join(wrong)}")


def _reading(vocabulary: Vocabulary) -> str:
    form = "" if vocabulary.normalize == "none" else f" in {vocabulary.normalize}"
    return f"{vocabulary.unit}s{form}"


def _without(vocabulary: Vocabulary, other: Vocabulary) -> list[bytes]:
    return [symbol for symbol in vocabulary.symbols if symbol not in other.ids]


def _listed(vocabulary: Vocabulary, symbols: Sequence[bytes]) -> str:
    more = f" and {len(symbols) - _SHOWN} more" if len(symbols) > _SHOWN else ""
    return ", ".join(map(vocabulary.shown, symbols[:_SHOWN])) + more
