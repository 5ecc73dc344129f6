"""What is looked at: a network, trained or fresh, beside a text in its own units.

Everything is computed in float64: the trained weights are kept as they are, and what vanishes or explodes can be
followed over hundreds of steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import torch

from charnn.analysis.gradients.spectrum import Recurrent, set_recurrent
from charnn.configuration.config import Config
from charnn.configuration.reading import read_config
from charnn.configuration.sections import Corpus
from charnn.data.running_text.dataset import Dataset, read_dataset
from charnn.data.text.text import Text
from charnn.data.text.units import Ids, Units
from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import DivergedError, InputError, UsageError
from charnn.networks.decoder import Decoder
from charnn.networks.initialisation import initialise
from charnn.runs.run import Run
from charnn.runs.text import text_of_run
from charnn.tasks.language_model import new_network, trained_network

Given = Text | str | None
"""A text from a file, one from the command line itself, or none: then it is the network's own."""


@dataclass(frozen=True)
class Subject:
    """A network and a text for it.

    Attributes:
        name: what tables and pictures call the network.
        text: what messages call the text.
    """

    name: str
    config: Config
    network: Decoder
    vocabulary: Vocabulary
    ids: Ids
    text: str


def trained(run: Run, given: Given = None, weights: str | None = None) -> Subject:
    """The network of a run, by default with the validation part of its own text (or the training part).

    Args:
        weights: `best` or `last`; without either the best there are.

    Raises:
        RunError: the run is incomplete or damaged.
        InputError: the text cannot be had, or has characters that the network does not know.
    """
    config, vocabulary = run.config(), run.vocabulary()
    network = trained_network(run, weights, torch.device("cpu")).double()
    if not all(bool(parameter.isfinite().all()) for parameter in network.parameters()):
        raise DivergedError(f"the weights of {run.path} are no finite numbers: its training has diverged")
    if given is None:
        part = "validation" if len(config.corpus.split) > 1 else "train"
        text, ids = text_of_run(run, vocabulary, None, part)
    else:
        text = _name(given)
        ids = vocabulary.encode(_units(given, vocabulary, config.corpus), text)
    return Subject(run.path.resolve().name, config, network, vocabulary, ids, text)


def fresh(configs: Sequence[tuple[str, Config]], given: Given = None) -> list[Subject]:
    """The networks that trainings of these configurations would start from, with the whole of their texts.

    A text that is given takes the place of the configured one, and its symbols are the vocabulary.

    Raises:
        InputError: a text cannot be had.
    """
    own: dict[Corpus, Dataset] = {}  # read once, because standard input can be read but once
    subjects = []
    for name, config in configs:
        corpus = config.corpus
        if given is None:
            if corpus not in own:
                own[corpus] = read_dataset(**corpus.model_dump())
            text, ids, vocabulary = own[corpus].text.name, own[corpus].ids, own[corpus].vocabulary
        else:
            units = _units(given, Vocabulary((), corpus.unit, corpus.normalize), corpus)
            text, ids, vocabulary = _name(given), units.codes, Vocabulary(units.symbols, corpus.unit, corpus.normalize)
        network = new_network(config, len(vocabulary))
        initialise(network, config.model.initialisation, config.train.seed)
        subjects.append(Subject(name, config, network.double().eval(), vocabulary, ids, text))
    return subjects


def variants(names: Sequence[str], settings: Sequence[str], variations: Sequence[str]) -> list[tuple[str, Config]]:
    """Each configuration with each combination of varied settings, under a name that says which.

    Args:
        names: files or recipes.
        settings: `key=value` overrides for all of them.
        variations: `key=value,value,…`, each of which is tried with all the others.

    Raises:
        UsageError: a variation is none.
        ConfigError: a combination is no configuration.
    """
    axes = [_values(variation) for variation in variations]
    made = []
    for name in names:
        for combination in product(*axes):
            # Of one configuration alone, what varies says enough.
            parts = [Path(name).stem] if len(names) > 1 or not axes else []
            parts += [setting.partition("=")[2] for setting in combination]
            made.append((" ".join(parts), read_config(name, [*settings, *combination])))
    return made


def _values(variation: str) -> list[str]:
    key, equals, values = variation.partition("=")
    found = [value.strip() for value in values.split(",")]
    if not equals or not key.strip() or not all(found):
        raise UsageError(f"--vary takes key=value,value,…, such as model.cell=rnn,gru,lstm, not `{variation}`")
    return [f"{key.strip()}={value}" for value in found]


def with_recurrent(subjects: Sequence[Subject], schemes: Sequence[Recurrent]) -> list[Subject]:
    """Each network with each kind of recurrent matrices, or as it is where none is asked for."""
    if not schemes:
        return list(subjects)
    made = []
    for subject in subjects:
        for scheme in schemes:
            network = deepcopy(subject.network)
            set_recurrent(network, scheme, subject.config.train.seed)
            made.append(replace(subject, name=f"{subject.name} {scheme}", network=network))
    return made


def _name(given: Text | str) -> str:
    return given.name if isinstance(given, Text) else "the text"


def _units(given: Text | str, vocabulary: Vocabulary, corpus: Corpus) -> Units:
    if isinstance(given, str):
        if not given:
            raise InputError("the text is empty")
        return vocabulary.units(given)
    return vocabulary.units_of_source(given.data, given.name, corpus.encoding)
