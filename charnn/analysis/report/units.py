"""What single units of a network do, as a part of a report: the units that follow a property of the text."""

from __future__ import annotations

from typing import Any

import numpy as np

from charnn.analysis.pages.html import Html, element, paragraph, section, table
from charnn.analysis.units.coloured_page import coloured_text, legend
from charnn.analysis.units.following import Follower
from charnn.analysis.units.properties import PROPERTIES
from charnn.analysis.units.readings import RunningText
from charnn.analysis.units.signals import Signal
from charnn.analysis.units.view import value_in_words
from charnn.data.text.units import Ids
from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import CharnnError, InputError
from charnn.generation.choice import Choice
from charnn.generation.streams import continue_text
from charnn.runs.run import Run
from charnn.runs.text import text_of_run
from charnn.tasks import reading_network

_SEARCHED, _WRITTEN = 50_000, 500
_TEMPERATURE, _SEED = 0.8, 1
# Colours of a unit that correlates less show nothing.
_WORTH_SHOWING = 0.2
_TITLE = "What its units follow"


def units_section(run: Run) -> Html:
    """The best unit for every property of the text, and a sample in the colours of those that follow it well."""
    vocabulary = run.vocabulary()
    try:
        network = reading_network(run, None, "cpu")
        written = _written(network, vocabulary)
        name, ids = _text_of(run, vocabulary, written)
        text, own = (RunningText(name, network, vocabulary, one) for one in (ids, written))
        best = {key: units[0] for key, units in text.followers(PROPERTIES, len(ids), 1).items() if units}
        pictures = [
            part
            for key, unit in best.items()
            if abs(unit.held_out or 0.0) >= _WORTH_SHOWING
            for part in _picture(PROPERTIES[key].words, unit, own)
        ]
    except CharnnError as error:
        return section(_TITLE, paragraph(f"This cannot be shown: {error}."))
    words = (
        f"Of all units, those that correlate most with a property of {name}: chosen on the first half of"
        f" {len(ids):,} {vocabulary.unit}s, and measured on the second."
    )
    about = paragraph(
        f"The units in colours, over a text of {_WRITTEN} {vocabulary.unit}s that the network itself wrote"
        f" (temperature {_TEMPERATURE}, seed {_SEED}): red is positive, blue negative."
    )
    return section(_TITLE, paragraph(words), _table(best), *([about] if pictures else []), *pictures)


def _written(network: Any, vocabulary: Vocabulary) -> Ids:
    """A text that the network writes, starting as after the end of a line."""
    prime = [vocabulary.ids[b"\n"]] if b"\n" in vocabulary.ids else []
    symbols = continue_text(network, network.zero_state(1), prime, Choice(_TEMPERATURE), [[_SEED]], _WRITTEN)
    return np.concatenate(list(symbols)).astype(np.uint32)


def _text_of(run: Run, vocabulary: Vocabulary, written: Ids) -> tuple[str, Ids]:
    """The validation part of the run's own text, else its training part, else what the network wrote."""
    try:
        own = text_of_run(run, vocabulary, None, None)
    except InputError as error:
        return f"a text that the network wrote, because its own is not available ({error})", written
    if len(own.ids) <= _WRITTEN:
        return "a text that the network wrote", written
    return own.name, own.ids[:_SEARCHED]


def _table(best: dict[str, Follower]) -> Html:
    columns = ["property", "unit", "correlation", "on the other half", "AUC there"]
    rows = [
        [
            PROPERTIES[key].words,
            f"{unit.part}\u00a0{unit.unit}, layer\u00a0{unit.layer}",
            *map(_number, (unit.correlation, unit.held_out, unit.auc)),
        ]
        for key, unit in best.items()
    ]
    return table(columns, rows, numbers=3)


def _number(value: float | None) -> str:
    return "" if value is None else value_in_words(value)


def _picture(words: str, unit: Follower, text: RunningText) -> list[Html]:
    view = text.view(Signal(unit.layer, unit.part, None, unit.unit), len(text.ids))
    return [element("h3", words.capitalize()), legend(view), coloured_text(view, titles=False)]
