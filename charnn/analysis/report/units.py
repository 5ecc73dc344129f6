"""What single units of a network do, as a part of a report: those that follow a property, over a text that it wrote."""

from __future__ import annotations

import numpy as np

from charnn.analysis.report.html import Html, element, paragraph, section, table
from charnn.analysis.units.activity import symbols_of
from charnn.analysis.units.colouring import coloured, legend, number
from charnn.analysis.units.following import Follower, find_followers
from charnn.analysis.units.properties import PROPERTIES
from charnn.analysis.units.view import Subject, view
from charnn.data.text.units import Ids
from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import CharnnError, InputError
from charnn.generation.choice import Choice
from charnn.generation.streams import continue_text
from charnn.networks.decoder import Decoder
from charnn.runs.run import Run
from charnn.runs.text import text_of_run

_SEARCHED, _WRITTEN = 50_000, 500
_TEMPERATURE, _SEED = 0.8, 1
# What correlates less says nothing that could be seen.
_WORTH_SHOWING = 0.2
_TITLE = "What its units follow"


def units_section(run: Run, network: Decoder) -> Html:
    """The best unit for every property of the text, and a sample in the colours of those that are good at it."""
    vocabulary = run.vocabulary()
    try:
        written = _written(network, vocabulary)
        name, ids = _text_of(run, vocabulary, written)
        symbols = symbols_of(vocabulary, ids)
        measured = {key: found.measure(symbols) for key, found in PROPERTIES.items()}
        found = {key: units[0] for key, units in find_followers(network, ids, measured, 1).items() if units}
        pictures = [
            part
            for key, unit in found.items()
            if abs(unit.held_out or 0.0) >= _WORTH_SHOWING
            for part in _picture(PROPERTIES[key].words, unit, network, vocabulary, written)
        ]
    except CharnnError as error:
        return section(_TITLE, paragraph(f"This cannot be shown: {error}."))
    words = (
        f"Of all units, those that correlate most with a property of {name}: chosen on the first half of"
        f" {len(ids):,} {vocabulary.unit}s, and measured on the second."
    )
    about = paragraph(
        f"In these colours the units look at a text of {_WRITTEN} {vocabulary.unit}s that the network itself wrote"
        f" (temperature {_TEMPERATURE}, seed {_SEED}): red is positive, blue negative."
    )
    return section(_TITLE, paragraph(words), _table(found), *([about] if pictures else []), *pictures)


def _written(network: Decoder, vocabulary: Vocabulary) -> Ids:
    """A text that the network writes, beginning as after the end of a line."""
    prime = [vocabulary.ids[b"\n"]] if b"\n" in vocabulary.ids else []
    drawn = continue_text(network, network.zero_state(1), prime, Choice(_TEMPERATURE), [[_SEED]], _WRITTEN)
    return np.concatenate(list(drawn)).astype(np.uint32)


def _text_of(run: Run, vocabulary: Vocabulary, written: Ids) -> tuple[str, Ids]:
    """The run's own text, which it did not learn from where there is such a part; else what the network wrote."""
    try:
        name, ids = text_of_run(run, vocabulary, None, None)
    except InputError as error:
        return f"a text that the network wrote, because its own cannot be had ({error})", written
    return (name, ids[:_SEARCHED]) if len(ids) > _WRITTEN else ("a text that the network wrote", written)


def _table(found: dict[str, Follower]) -> Html:
    rows = [
        [PROPERTIES[key].words, f"{unit.part}\u00a0{unit.unit}, layer\u00a0{unit.layer}", *map(_figure, _figures(unit))]
        for key, unit in found.items()
    ]
    return table(["property", "unit", "correlation", "on the other half", "AUC there"], rows, numbers=3)


def _figures(unit: Follower) -> tuple[float | None, ...]:
    return unit.correlation, unit.held_out, unit.auc


def _figure(value: float | None) -> str:
    return "" if value is None else number(value)


def _picture(words: str, unit: Follower, network: Decoder, vocabulary: Vocabulary, written: Ids) -> list[Html]:
    seen = view(network, vocabulary, written, Subject(unit.layer, unit.part, None, unit.unit))
    return [element("h3", words.capitalize()), legend(seen), coloured(seen, titles=False)]
