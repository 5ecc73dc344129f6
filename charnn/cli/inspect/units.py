"""Look at a text through a network's units and gates."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charnn.cli._shared.options import Device, DeviceOption, Json, RunName, WeightsOption
from charnn.cli._shared.terminal import write, write_json, write_table
from charnn.cli.inspect._coloured import write_coloured
from charnn.errors import InputError, UsageError

if TYPE_CHECKING:
    from charnn.analysis.units.following import Follower
    from charnn.analysis.units.properties import Property
    from charnn.analysis.units.view import View
    from charnn.data.text.units import Ids
    from charnn.data.text.vocabulary import Vocabulary
    from charnn.networks.decoder import Decoder

_SHOWN, _SEARCHED = 1_000, 200_000
_LISTED = 10


def command(
    run: RunName = None,
    text: Annotated[
        str | None,
        typer.Option("--text", metavar="TEXT", help="A path, a corpus, or -; else the run's own validation part."),
    ] = None,
    unit: Annotated[int | None, typer.Option(metavar="K", min=0, help="Colour by this unit, counted from 0.")] = None,
    gate: Annotated[
        str | None,
        typer.Option(metavar="GATE", help="Colour by a gate (update, reset, forget, output): of --unit, or the mean."),
    ] = None,
    find: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Find the units that follow a property, and colour by the best:"
            " position, quotation, brackets, capital, word-length.",
        ),
    ] = None,
    layer: Annotated[int | None, typer.Option(min=0, help="The layer, counted from 0; the last if none.")] = None,
    part: Annotated[str | None, typer.Option(metavar="h|c", help="The part of the state; h if none.")] = None,
    top: Annotated[
        int | None, typer.Option(metavar="K", min=1, help="Give the K likeliest next characters too, as a table.")
    ] = None,
    length: Annotated[
        int | None, typer.Option(min=1, help="How many characters to read; 1,000, and 200,000 to find units.")
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the coloured text into a page of HTML, and print its name."),
    ] = None,
    skip_unknown: Annotated[
        bool, typer.Option("--skip-unknown", help="Leave out characters that the model does not know.")
    ] = False,
    weights: WeightsOption = None,
    device: DeviceOption = Device.auto,
    json: Json = False,
) -> None:
    """Colour a text by what a unit or a gate did as the network read it, or find the units that follow a property.

    Without --unit, --gate and --find, the best unit for every property is listed: chosen by its correlation with the
    property on the first half of the text, and measured on the second. `--find NAME` lists the ten best, and colours
    the beginning of the text by the first.
    """
    from charnn.analysis.report.html import check_page
    from charnn.analysis.units.colouring import coloured_page
    from charnn.analysis.units.properties import PROPERTIES, find_property
    from charnn.analysis.units.view import find_subject, view
    from charnn.networks.devices import find_device
    from charnn.runs.places import open_run
    from charnn.runs.text import text_of_run
    from charnn.storage.atomic import write_atomically
    from charnn.tasks.language_model import trained_network

    colours = unit is not None or gate is not None
    _refuse(colours, find, {"--layer": layer, "--part": part}, {"--html": html, "--top": top})
    properties = {name: find_property(name) for name in ([] if colours else [find] if find else list(PROPERTIES))}
    if html:
        check_page(html)
    opened = open_run(run)
    vocabulary = opened.vocabulary()
    model = trained_network(opened, weights.value if weights else None, find_device(device.value))
    subject = find_subject(model, layer, part, gate, unit) if colours else None
    name, ids = text_of_run(opened, vocabulary, text, None, skip_unknown=skip_unknown)
    if not len(ids):
        raise InputError(f"{name} has no character that the model knows")
    document: dict[str, Any] = {"run": str(opened.path), "text": name}
    if properties:
        found = _followers(model, vocabulary, ids[: length or _SEARCHED], properties, name, find)
        document["found"] = {key: [asdict(one) for one in units] for key, units in found.items()}
        if not json:
            _write_followers(found, properties)
        if find:
            best = found[find][0]
            subject = find_subject(model, best.layer, best.part, None, best.unit)
    if subject:
        seen = view(model, vocabulary, ids[: _SHOWN if properties else length or _SHOWN], subject, top or 0)
        document |= {"subject": asdict(subject), "symbols": _symbols(seen)}
        if html:
            write_atomically(html, coloured_page(f"{opened.path.name}: {subject.words}", name, seen).encode())
        if not json:
            _write_view(seen, html)
    if json:
        write_json(document)


def _refuse(colours: bool, find: str | None, of_subject: dict[str, object], of_colours: dict[str, object]) -> None:
    """Refuse options that have no meaning together."""
    if colours and find is not None:
        raise UsageError("--find chooses a unit itself: leave out --unit and --gate, or --find")
    for option, given in of_subject.items():
        if given is not None and not colours:
            raise UsageError(f"{option} belongs to --unit and --gate: name one of them")
    for option, given in of_colours.items():
        if given is not None and not colours and find is None:
            raise UsageError(f"{option} shows a text by one unit or gate: add --unit, --gate or --find")


def _followers(
    network: Decoder,
    vocabulary: Vocabulary,
    ids: Ids,
    properties: dict[str, Property],
    name: str,
    find: str | None,
) -> dict[str, list[Follower]]:
    """The best units for each property; ten where one is asked for."""
    from charnn.analysis.units.activity import symbols_of
    from charnn.analysis.units.following import find_followers

    symbols = symbols_of(vocabulary, ids)
    measured = {key: value.measure(symbols) for key, value in properties.items()}
    found = find_followers(network, ids, measured, _LISTED if find else 1)
    if find and not found[find]:
        raise InputError(
            f"no unit can follow `{find}`: it never changes in the first {len(ids) // 2:,} symbols of {name}"
        )
    return found


def _write_followers(found: dict[str, list[Follower]], properties: dict[str, Property]) -> None:
    columns = ["property", "layer", "part", "unit", "correlation", "on the other half", "AUC there"]
    rows = []
    for key, units in found.items():
        for one in units:
            figures = [f"{one.correlation:.3f}", _figure(one.held_out), _figure(one.auc)]
            rows.append([f"{key}: {properties[key].words}", str(one.layer), one.part, str(one.unit), *figures])
        if not units:
            rows.append([f"{key}: {properties[key].words}", "", "", "", "never changes", "", ""])
    write_table(columns, rows, numbers=4)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _symbols(seen: View) -> list[dict[str, Any]]:
    """What the JSON holds of each symbol."""
    return [
        {
            "position": place,
            "character": one.symbol,
            "value": one.value,
            "next": [{"character": symbol, "probability": p} for symbol, p in one.likeliest],
        }
        for place, one in enumerate(seen.seen)
    ]


def _write_view(seen: View, page: Path | None) -> None:
    """Write the name of the page that shows it, or the likeliest next characters as a table, or the text in colours."""
    if page:
        write(f"{page}\n".encode())
    elif seen.seen[0].likeliest:
        _write_likeliest(seen)
    else:
        write_coloured(seen)


def _write_likeliest(seen: View) -> None:
    from charnn.analysis.units.colouring import likeliest_words, shown

    ranks = [f"{rank}." for rank in range(1, len(seen.seen[0].likeliest) + 1)]
    rows = [
        [str(place), shown(one.symbol), f"{one.value:.3f}", *likeliest_words(one)]
        for place, one in enumerate(seen.seen)
    ]
    write(f"{seen.subject.words}, and the likeliest next characters:\n".encode())
    write_table(["position", "character", "value", *ranks], rows, numbers=0)
