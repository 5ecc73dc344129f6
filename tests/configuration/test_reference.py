"""Every key is told: the reference is made of what stands below it."""

from __future__ import annotations

import pytest

from charnn.configuration.checking import CHOICES, SECTIONS, TASKS
from charnn.configuration.families import family
from charnn.configuration.reference import meanings
from charnn.configuration.sections import Length, schema_of
from charnn.configuration.sections.corpus import ClassificationTable, Corpus, PairTable, Rule
from charnn.configuration.types import Section
from charnn.ngrams.models import MARKOV_MODELS

PARTS = [
    family(TASKS).load(name).Options if choice.family == TASKS else schema_of(family(choice.family), name)
    for choice in CHOICES.values()
    for name in family(choice.family).names()
]
MODELS = [MARKOV_MODELS.load(name).Options for name in MARKOV_MODELS.names()]
ALL: list[type[Section]] = [
    *(Corpus, ClassificationTable, PairTable, Rule, Length),
    *(section for section in SECTIONS.values() if section is not None),
    *PARTS,
    *MODELS,
]


@pytest.mark.parametrize("section", ALL, ids=lambda section: f"{section.__module__}.{section.__qualname__}")
def test_every_key_is_told_in_one_sentence_or_two(section: type[Section]) -> None:
    told = meanings(section)
    assert set(told) == set(section.model_fields)
    assert all(words.endswith((".", ",", "…")) and len(words) < 160 for words in told.values())
