"""Where truncation cuts a text, and what it does to the gradient."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Annotated

import typer

from charnn.cli._shared.options import Json, RunName, WeightsOption
from charnn.cli._shared.terminal import console, visible, write, write_json, write_table
from charnn.cli._shared.texts import checked_text
from charnn.cli.inspect._window_lines import LEGEND, shown_symbols, window_lines
from charnn.errors import InputError, UsageError

if TYPE_CHECKING:
    from charnn.analysis.truncation.estimates import Estimate

_LENGTH, _MOST_DRAWN, _WIDTH = 61, 2000, 80


def command(
    run: RunName = None,
    config: Annotated[
        str | None, typer.Option("--config", "-c", metavar="FILE", help="A fresh network of this YAML file or recipe.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", "-s", metavar="KEY=VALUE", help="Override a key of --config.")
    ] = None,
    text: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The text itself; without one, the network's own text.")
    ] = None,
    text_file: Annotated[
        str | None, typer.Option("--text-file", metavar="FILE", help="A path, a corpus, or - with that text.")
    ] = None,
    length: Annotated[
        int | None,
        typer.Option(min=2, max=_MOST_DRAWN, help=f"How many characters of it; {_LENGTH}, and of --text all."),
    ] = None,
    tau: Annotated[int | None, typer.Option(min=1, help="τ of truncated; 8 if the network does not say.")] = None,
    stride: Annotated[int | None, typer.Option(min=1, help="A window of truncated ends every so many steps.")] = None,
    pi: Annotated[
        str | None, typer.Option(metavar="P", help="π of randomized, or a list [P,P,…]; 1 − 1/τ if nobody says.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed draws the same gates.")] = 1,
    draws: Annotated[int, typer.Option(min=2, help="How often to draw where there is too much to enumerate.")] = 1000,
    weights: WeightsOption = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw a picture (.png or .svg).")] = None,
    json: Json = False,
) -> None:
    """Show where full, truncated and randomized back-propagation through time cut a text, and what that does.

    Below the drawing stand the bias and the spread of each strategy's gradient beside the full one, at the weights of
    a run, or of a fresh network: over all patterns of gates for texts of up to 13 characters, else over draws.

    charnn inspect windows --config time-machine-randomized --text "the time machine by h g wells"
    """
    from charnn.analysis.subjects import fresh, trained
    from charnn.analysis.truncation.estimates import MOST_MEASURED, estimates
    from charnn.analysis.truncation.picture import draw_windows
    from charnn.analysis.truncation.windows import draw, strategies
    from charnn.configuration.reading import read_config
    from charnn.data.sources.opening import read_text
    from charnn.runs.places import open_run
    from charnn.storage.pictures import check_picture

    if text is not None and text_file is not None:
        raise UsageError("give --text or --text-file, not both")
    if config is not None and run is not None:
        raise UsageError("name a run or a --config, not both")
    if config is None and settings:
        raise UsageError("--set is for a fresh network: name a --config, or leave it out")
    if plot is not None:
        check_picture(plot)
    literal = None if text is None else checked_text(text, "--text")
    given = literal if text_file is None else read_text(text_file)
    if config is not None:
        (subject,) = fresh([(Path(config).stem, read_config(config, settings or []))], given)
    else:
        subject = trained(open_run(run), given, weights.value if weights else None)
    ids = subject.ids[: length or (_LENGTH if text is None else None)]
    if not 2 <= len(ids) <= _MOST_DRAWN:
        raise InputError(f"{subject.text} has {len(ids)} characters; 2 to {_MOST_DRAWN:,} can be drawn (see --length)")
    flags = {"truncated": _settings(tau=tau, stride=stride), "randomized": _settings(pi=pi)}
    chosen = strategies(subject.config, flags)
    plans = [draw(name, strategy, len(ids) - 1, seed) for name, strategy in chosen.items()]
    symbols = shown_symbols([subject.vocabulary.symbols[number] for number in ids])
    measured = [] if len(ids) > MOST_MEASURED + 1 else estimates(subject.network, ids, plans, draws, seed)
    if plot is not None:
        draw_windows(plot, symbols[:-1], plans)
        console().print(f"drew {plot}", markup=False)
    if json:
        found = {estimate.strategy: estimate.document() for estimate in measured}
        rows = [{**plan.document(), "gradient": found.get(plan.name)} for plan in plans]
        whole = subject.vocabulary.text(ids.tolist())
        write_json({"network": subject.name, "text": whole, "steps": len(ids) - 1, "seed": seed, "strategies": rows})
        return
    write("\n\n".join("\n".join(window_lines(plan, symbols)) for plan in plans).encode())
    write(f"\n\n{LEGEND}".encode())
    if measured:
        _write_estimates(measured, visible(subject.name))
    elif len(ids) > MOST_MEASURED + 1:
        console().print(f"the gradient is measured on texts of up to {MOST_MEASURED + 1} characters: see --length")
    else:
        console().print("the full gradient of this text is zero or not finite: there is nothing to compare with")


def _settings(**options: object) -> list[str]:
    return [f"{key}={value}" for key, value in options.items() if value is not None]


def _write_estimates(measured: list[Estimate], name: str) -> None:
    columns = ["gradient", "over", "bias", "cosine", "spread", "one: cos", "one: err"]
    write(b"\n")
    write_table(columns, [_cells_of(estimate) for estimate in measured], numbers=5)
    notes = [
        f"At the weights of {name}, g the full gradient and m the mean of a strategy's. Bias: ‖m − g‖/‖g‖. Cosine: "
        "between m and g. Spread: the standard deviation around m, over ‖g‖. One: the medians of one draw's cosine "
        "with g, and of its ‖draw − g‖/‖g‖.",
        *(doubt for estimate in measured for doubt in _doubts(estimate)),
    ]
    for note in notes:
        write(f"{fill(note, _WIDTH, break_long_words=False)}\n".encode())


def _cells_of(estimate: Estimate) -> list[str]:
    over = {"exact": "", "enumerated": f"{estimate.count:,} patterns", "drawn": f"{estimate.count:,} draws"}
    return [
        estimate.strategy,
        over[estimate.how],
        "?" if estimate.bias is None else _small(estimate.bias),
        "?" if estimate.cosine is None else f"{estimate.cosine:.4f}",
        _small(estimate.spread),
        *(f"{values[1]:.3f}" if values else "" for values in (estimate.draw_cosines, estimate.draw_errors)),
    ]


def _doubts(estimate: Estimate) -> list[str]:
    """What has to be known of means over draws, in words."""
    doubts = []
    if estimate.how == "drawn":
        by_chance = (
            f"{estimate.strategy}: the mean of {estimate.count:,} draws is off by {_small(estimate.standard_error)} by "
            "chance alone (spread/√draws)"
        )
        if estimate.trusted:
            doubts.append(f"{by_chance}.")
        else:
            count = estimate.draws_needed
            needed = "More draws than can be made" if count is None else f"About {float(f'{count:.2g}'):,.0f} draws"
            doubts.append(
                f"{by_chance}: it tells nothing, and is left out. {needed} would be needed; the farthest of these has "
                f"{estimate.largest_share:.0%} of all their squared errors."
            )
    if estimate.growth is not None:
        rates = f"{estimate.strategy}: contributions change by ρ = {estimate.decay:.3f} a step, and ρ²/π = "
        if estimate.growth < 1:
            after = "is below 1: the spread stays bounded however long the text is."
        else:
            until = "without bound" if estimate.max_window is None else f"up to {estimate.max_window} steps"
            after = f"is not below 1: the variance grows with its powers, {until}, as the text becomes longer."
        doubts.append(f"{rates}{estimate.growth:.4g} {after}")
    return doubts


def _small(value: float) -> str:
    return "0" if value == 0 else f"{value:.3g}" if 1e-3 <= value < 1e4 else f"{value:.1e}"
