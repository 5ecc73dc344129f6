"""Specimens: a network, trained or fresh, with a text in its own units.

Everything is computed in float64, so that what vanishes or explodes can be followed over hundreds of steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import TypeVar

import torch

from charnn.analysis.encoders import EncoderSpecimen
from charnn.analysis.gradients.recurrent_scheme import RecurrentScheme, set_recurrent
from charnn.configuration.config import Config, running_text_of
from charnn.configuration.sections import Corpus
from charnn.data.running_text.dataset import Dataset, read_dataset
from charnn.data.text.text import Text
from charnn.data.text.units import Ids, Units
from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import InputError
from charnn.networks.decoder import Decoder
from charnn.networks.parameters.initialisation import initialise
from charnn.networks.stack import Stack
from charnn.runs.run import Run
from charnn.runs.text import text_of_run
from charnn.tasks.language_model import new_network, trained_text_network

Given = Text | str | None
"""A text from a file, a text itself, or None: the network's own text."""


@dataclass(frozen=True)
class Specimen:
    """A network and a text for it.

    Attributes:
        name: what tables and pictures call the network.
        config: its configuration.
        network: the network, in float64.
        vocabulary: its symbols.
        ids: the text.
        text: what messages call the text.
    """

    name: str
    config: Config
    network: Decoder
    vocabulary: Vocabulary
    ids: Ids
    text: str

    @property
    def stack(self) -> Stack:
        """What reads the text."""
        return self.network


def trained(run: Run, given: Given = None, weights: str | None = None) -> Specimen:
    """The network of a run, by default with the validation part of its own text (or the training part).

    Args:
        run: the run.
        given: another text.
        weights: `best` or `last`; by default the best if there are any.

    Raises:
        RunError: the run is incomplete or damaged.
        InputError: the text cannot be read, or has characters that the network does not know.
        DivergedError: the weights are not finite.
    """
    config, vocabulary = run.config(), run.vocabulary()
    network = trained_text_network(run, weights, torch.device("cpu")).double()
    if given is None:
        own = text_of_run(run, vocabulary, None, None)
        text, ids = own.name, own.ids
    else:
        text = _name(given)
        ids = vocabulary.encode(_units(given, vocabulary, run.running_text()), text)
    return Specimen(run.path.resolve().name, config, network, vocabulary, ids, text)


def fresh(configs: Sequence[tuple[str, Config]], given: Given = None) -> list[Specimen]:
    """The networks that trainings of these configurations would start from, with the whole of their texts.

    Args:
        configs: names and configurations.
        given: a text instead of the configured ones, whose symbols are the vocabulary.

    Raises:
        InputError: a text cannot be read.
    """
    datasets: dict[Corpus, Dataset] = {}  # each is read once: standard input cannot be read twice
    specimens = []
    for name, config in configs:
        corpus = running_text_of(config, f"the configuration {name}")
        if given is None:
            if corpus not in datasets:
                datasets[corpus] = read_dataset(**corpus.model_dump())
            own = datasets[corpus]
            text, ids, vocabulary = own.text.name, own.ids, own.vocabulary
        else:
            units = _units(given, Vocabulary((), corpus.unit, corpus.normalize), corpus)
            text, ids, vocabulary = _name(given), units.codes, Vocabulary(units.symbols, corpus.unit, corpus.normalize)
        network = new_network(config, len(vocabulary))
        initialise(network, config.model.initialisation, config.train.seed)
        specimens.append(Specimen(name, config, network.double().eval(), vocabulary, ids, text))
    return specimens


Kind = TypeVar("Kind", Specimen, EncoderSpecimen)


def with_recurrent(specimens: Sequence[Kind], schemes: Sequence[RecurrentScheme]) -> list[Kind]:
    """Each network with recurrent matrices of each scheme, or as it is where there are no schemes.

    Raises:
        UsageError: a network has no recurrent matrices.
    """
    if not schemes:
        return list(specimens)
    changed = []
    for specimen in specimens:
        for scheme in schemes:
            other = replace(specimen, name=f"{specimen.name} {scheme}", network=deepcopy(specimen.network))
            set_recurrent(other.stack, scheme, specimen.config.train.seed)
            changed.append(other)
    return changed


def _name(given: Text | str) -> str:
    return given.name if isinstance(given, Text) else "the text"


def _units(given: Text | str, vocabulary: Vocabulary, corpus: Corpus) -> Units:
    if isinstance(given, str):
        if not given:
            raise InputError("the text is empty")
        return vocabulary.units(given)
    return vocabulary.units_of_source(given.data, given.name, corpus.encoding)
