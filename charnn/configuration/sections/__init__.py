"""The sections of a configuration: their keys, types and bounds. One file a section.

A section may choose a part of a family, whose keys stand beside its own: `bptt: {strategy: truncated, tau: 64}`. Read,
the key holds the part itself: `config.bptt.strategy` is the strategy, with its `tau`. What a key means is told
below it: the reference of the documentation is made of that.
"""

from charnn.configuration.sections._parts import AVERAGES, CELLS, STRATEGIES, default_cell, part_of, schema_of
from charnn.configuration.sections.bptt import Bptt
from charnn.configuration.sections.clip import Clip
from charnn.configuration.sections.corpus import Corpus, Source
from charnn.configuration.sections.model import Model
from charnn.configuration.sections.train import Length, Train

__all__ = [
    "AVERAGES",
    "CELLS",
    "STRATEGIES",
    "Bptt",
    "Clip",
    "Corpus",
    "Length",
    "Model",
    "Source",
    "Train",
    "default_cell",
    "part_of",
    "schema_of",
]
