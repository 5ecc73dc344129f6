"""Look at a text through a network's units and gates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charnn.cli._shared.options import Device, DeviceOption, Json, RunName, SkipUnknown, WeightsOption, file_name
from charnn.cli._shared.terminal import write, write_json
from charnn.cli._shared.texts import note_left_out
from charnn.cli.inspect._coloured import write_coloured
from charnn.cli.inspect._unit_tables import write_followers, write_likeliest
from charnn.errors import InputError, UsageError

if TYPE_CHECKING:
    from charnn.analysis.units.following import Follower
    from charnn.analysis.units.properties import Property
    from charnn.analysis.units.readings import Text
    from charnn.analysis.units.view import View
    from charnn.runs.run import Run

_SHOWN, _SEARCHED = 1_000, 200_000
_LISTED = 10


def command(
    run: RunName = None,
    text: Annotated[
        str | None,
        typer.Option(
            "--text", metavar="TEXT", help="A path, a corpus, or -; by default the run's own validation part."
        ),
    ] = None,
    unit: Annotated[int | None, typer.Option(metavar="K", min=0, help="Colour by this unit, counted from 0.")] = None,
    gate: Annotated[
        str | None,
        typer.Option(
            metavar="GATE", help="Colour by a gate (update, reset, forget, output): that of --unit, or the mean."
        ),
    ] = None,
    find: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Find the units that follow a property, and colour by the best:"
            " position, quotation, brackets, capital, word-length.",
        ),
    ] = None,
    layer: Annotated[
        int | None, typer.Option(min=0, help="The layer, counted from 0; by default the last one.")
    ] = None,
    part: Annotated[str | None, typer.Option(metavar="h|c", help="The part of the state; by default h.")] = None,
    top: Annotated[
        int | None, typer.Option(metavar="K", min=1, help="Give the K likeliest next characters too, as a table.")
    ] = None,
    length: Annotated[
        int | None,
        typer.Option(min=1, help="How many characters to read; by default 1,000, and 200,000 to find units."),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            parser=file_name, metavar="FILE", help="Write the coloured text into a page of HTML, and print its name."
        ),
    ] = None,
    skip_unknown: SkipUnknown = False,
    weights: WeightsOption = None,
    device: DeviceOption = Device.auto,
    json: Json = False,
) -> None:
    """Colour a text by what a unit or a gate did as the network read it, or find the units that follow a property.

    A model that reads the rows of a table is shown while its encoder reads them, a row a line.

    Without --unit, --gate and --find, the best unit for every property is listed: chosen by its correlation with the
    property on the first half of the text, and measured on the second half. `--find NAME` lists the ten best, and
    colours the beginning of the text by the first.
    """
    from charnn.analysis.pages.page import check_page
    from charnn.analysis.units.properties import PROPERTIES, find_property
    from charnn.analysis.units.signals import Signal, find_signal
    from charnn.configuration.sections.corpus import Table
    from charnn.runs.places import open_run

    colours = unit is not None or gate is not None
    _refuse(colours, find, {"--layer": layer, "--part": part}, {"--html": html, "--top": top})
    sought = list(PROPERTIES) if find is None else [find]
    properties = {} if colours else {name: find_property(name) for name in sought}
    if html:
        check_page(html)
    opened = open_run(run)
    chosen = weights.value if weights else None
    if isinstance(opened.config().corpus, Table):
        if top is not None or skip_unknown:
            raise UsageError(
                "--top and --skip-unknown are for running texts, and an encoder reads rows: leave them out"
            )
        read = _rows(opened, text, chosen, device)
    else:
        read = _running_text(opened, text, chosen, device, skip_unknown=skip_unknown)
    signal = find_signal(read.network, layer, part, gate, unit) if colours else None
    document: dict[str, Any] = {"run": str(opened.path), "text": read.name}
    if properties:
        followers = _followers(read, length or _SEARCHED, properties, find)
        document["found"] = {key: [asdict(unit) for unit in units] for key, units in followers.items()}
        if not json:
            write_followers(followers, properties)
        if find:
            best = followers[find][0]
            signal = Signal(best.layer, best.part, None, best.unit)
    if signal:
        view = read.view(signal, _SHOWN if properties else length or _SHOWN, top or 0)
        document |= {"subject": asdict(signal), "symbols": _documents(view)}
        if html:
            _write_page(html, f"{opened.path.name}: {signal.words}", read.name, view)
        if not json:
            _write_view(view, html)
    if json:
        write_json(document)


def _refuse(colours: bool, find: str | None, of_signal: dict[str, object], of_colours: dict[str, object]) -> None:
    """Refuse options that have no meaning together."""
    if colours and find is not None:
        raise UsageError("--find chooses a unit itself: leave out --unit and --gate, or --find")
    for option, given in of_signal.items():
        if given is not None and not colours:
            raise UsageError(f"{option} belongs to --unit and --gate: name one of them")
    for option, given in of_colours.items():
        if given is not None and not colours and find is None:
            raise UsageError(f"{option} shows a text by one unit or gate: add --unit, --gate or --find")


def _running_text(run: Run, text: str | None, weights: str | None, device: Device, *, skip_unknown: bool) -> Text:
    """A text that a language model reads."""
    from charnn.analysis.units.readings import RunningText
    from charnn.networks.devices import find_device
    from charnn.runs.text import text_of_run
    from charnn.tasks.language_model import trained_text_network

    vocabulary = run.vocabulary()
    network = trained_text_network(run, weights, find_device(device.value))
    read = text_of_run(run, vocabulary, text, None, skip_unknown=skip_unknown)
    note_left_out(read)
    if not len(read.ids):
        raise InputError(f"{read.name} has no character that the model knows")
    return RunningText(read.name, network, vocabulary, read.ids)


def _rows(run: Run, table: str | None, weights: str | None, device: Device) -> Text:
    """The rows that an encoder reads."""
    from charnn.analysis.encoders import trained_encoder
    from charnn.analysis.units.readings import Rows

    return Rows(trained_encoder(run, table, weights, device.value))


def _followers(
    text: Text, symbols: int, properties: Mapping[str, Property], find: str | None
) -> Mapping[str, Sequence[Follower]]:
    """The best unit for each property; the ten best for the one that is asked for."""
    followers = text.followers(properties, symbols, _LISTED if find else 1)
    if find and not followers[find]:
        half = len(text.measured(symbols)[find]) // 2
        raise InputError(f"no unit can follow `{find}`: it never changes in the first {half:,} symbols of {text.name}")
    return followers


def _documents(view: View) -> list[dict[str, Any]]:
    """What the JSON document holds for each symbol."""
    return [
        {
            "position": position,
            "character": reading.symbol,
            "value": reading.value,
            "next": [{"character": symbol, "probability": p} for symbol, p in reading.likeliest],
        }
        for position, reading in enumerate(view.readings)
    ]


def _write_page(path: Path, title: str, text: str, view: View) -> None:
    from charnn.analysis.units.coloured_page import coloured_page
    from charnn.storage.atomic import write_atomically

    write_atomically(path, coloured_page(title, text, view).encode())


def _write_view(view: View, page: Path | None) -> None:
    """Write the name of the page that shows it, or the likeliest next characters as a table, or the text in colours."""
    if page:
        write(f"{page}\n")
    elif view.readings[0].likeliest:
        write_likeliest(view)
    else:
        write_coloured(view)
