"""Specimens of the linear cell, whose gradients have a closed form."""

from __future__ import annotations

from charnn.analysis.gradients.recurrent_scheme import RecurrentScheme, set_recurrent
from charnn.analysis.specimens import Specimen, fresh
from charnn.configuration.reading import read_settings

TEXT = "the time machine by h g wells, and the time traveller beside it. " * 4


def specimen_of(cell: str, text: str = TEXT, hidden: int = 4) -> Specimen:
    settings = ("corpus.text=unused", f"model={{cell: {cell}, hidden: {hidden}}}")
    (specimen,) = fresh([(cell, read_settings(*settings))], text)
    return specimen


def linear(scheme: str, radius: float, hidden: int = 24, seed: int = 3) -> Specimen:
    """A fresh network with recurrent matrices of a scheme."""
    specimen = specimen_of("linear", hidden=hidden)
    set_recurrent(specimen.network, RecurrentScheme(scheme, radius), seed)
    return specimen
