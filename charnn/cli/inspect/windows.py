"""Where truncation cuts a text, and what it does to the gradient."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from charnn.cli._shared.legible import visible
from charnn.cli._shared.options import Json, RunName, Weights, WeightsOption, file_name
from charnn.cli._shared.terminal import console, write, write_json
from charnn.cli._shared.texts import checked_text
from charnn.cli.inspect._estimate_table import write_estimates
from charnn.cli.inspect._window_lines import LEGEND, shown_symbols, window_lines
from charnn.errors import InputError, UsageError

if TYPE_CHECKING:
    from charnn.analysis.specimens import Given, Specimen
    from charnn.analysis.truncation.estimate import Estimate
    from charnn.analysis.truncation.window_plan import WindowPlan

_LENGTH, _MOST_DRAWN, _MOST_DRAWS = 61, 2000, 100_000


def command(
    run: RunName = None,
    words: Annotated[
        str | None,
        typer.Argument(metavar="[WORDS]", help="A text itself; with --config there is no RUN before it."),
    ] = None,
    config: Annotated[
        str | None, typer.Option("--config", "-c", metavar="FILE", help="A fresh network of this YAML file or recipe.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", "-s", metavar="KEY=VALUE", help="Override a key of --config.")
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="A path, a corpus, or -; by default the network's own text."),
    ] = None,
    length: Annotated[
        int | None,
        typer.Option(
            min=2, max=_MOST_DRAWN, help=f"How many characters of it; by default {_LENGTH}, and all of WORDS."
        ),
    ] = None,
    tau: Annotated[int | None, typer.Option(min=1, help="τ of truncated; by default 8, or the network's own.")] = None,
    stride: Annotated[
        int | None, typer.Option(min=1, help="The steps from the end of one window of truncated to the next.")
    ] = None,
    pi: Annotated[
        str | None,
        typer.Option(metavar="P", help="π of randomized, or a list [P,P,…]; by default 1 − 1/τ, or the network's own."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed draws the same gates.")] = 1,
    draws: Annotated[
        int, typer.Option(min=2, max=_MOST_DRAWS, help="How many draws where there are too many patterns.")
    ] = 1000,
    weights: WeightsOption = None,
    plot: Annotated[
        Path | None, typer.Option(parser=file_name, metavar="FILE", help="Draw a picture (.png or .svg).")
    ] = None,
    json: Json = False,
) -> None:
    """Show where full, truncated and randomized back-propagation through time cut a text, and what that does.

    Below the windows are the bias and the spread of each strategy's gradient relative to the full one, at the weights
    of a run, or of a fresh network: over all patterns of gates for texts of up to 13 characters, else over draws.

    charnn inspect windows --config time-machine-randomized "the time machine by h g wells"
    """
    from charnn.analysis.truncation.estimates import MOST_MEASURED, estimates
    from charnn.analysis.truncation.picture import plot_windows
    from charnn.analysis.truncation.strategies import compared_strategies
    from charnn.analysis.truncation.window_plan import plan_windows
    from charnn.data.sources.opening import read_text
    from charnn.storage.pictures import check_picture

    if config is not None and words is None:
        run, words = None, run
    if config is not None and run is not None:
        raise UsageError("name a run or a --config, not both")
    if text is not None and words is not None:
        raise UsageError(f"give a text itself or the --text of a file, not both: `{words}` is a text")
    if config is None and settings:
        raise UsageError("--set is for a fresh network: name a --config, or leave it out")
    if plot is not None:
        check_picture(plot)
    literal = None if words is None else checked_text(words, "WORDS")
    given = literal if text is None else read_text(text)
    specimen = _specimen(run, config, settings or [], given, weights)
    ids = specimen.ids[: length or (_LENGTH if words is None else None)]
    if not 2 <= len(ids) <= _MOST_DRAWN:
        raise InputError(f"{specimen.text} has {len(ids)} characters; 2 to {_MOST_DRAWN:,} can be drawn (see --length)")
    own = {"truncated": _settings(tau=tau, stride=stride), "randomized": _settings(pi=pi)}
    chosen = compared_strategies(specimen.config, own)
    plans = [plan_windows(name, strategy, len(ids) - 1, seed) for name, strategy in chosen.items()]
    symbols = shown_symbols([specimen.vocabulary.symbols[number] for number in ids])
    measured = [] if len(ids) > MOST_MEASURED + 1 else estimates(specimen.network, ids, plans, draws, seed)
    if plot is not None:
        plot_windows(plot, symbols[:-1], plans)
        console().print(f"drew {plot}", markup=False)
    if json:
        whole = specimen.vocabulary.text(ids.tolist())
        rows = _documents(plans, measured)
        write_json({"network": specimen.name, "text": whole, "steps": len(ids) - 1, "seed": seed, "strategies": rows})
        return
    write("\n\n".join("\n".join(window_lines(plan, symbols)) for plan in plans).encode())
    write(f"\n\n{LEGEND}".encode())
    if measured:
        write_estimates(measured, visible(specimen.name))
    elif len(ids) > MOST_MEASURED + 1:
        console().print(f"the gradient is measured on texts of up to {MOST_MEASURED + 1} characters: see --length")
    else:
        console().print("the full gradient of this text is zero or not finite: there is nothing to compare with")


def _specimen(
    run: str | None, config: str | None, settings: Sequence[str], given: Given, weights: Weights | None
) -> Specimen:
    """The network that is named, with the text."""
    from charnn.analysis.specimens import fresh, trained
    from charnn.configuration.reading import read_config
    from charnn.runs.places import open_run

    if config is None:
        return trained(open_run(run), given, weights.value if weights else None)
    (specimen,) = fresh([(Path(config).stem, read_config(config, settings))], given)
    return specimen


def _settings(**options: object) -> list[str]:
    return [f"{key}={value}" for key, value in options.items() if value is not None]


def _documents(plans: Sequence[WindowPlan], measured: Sequence[Estimate]) -> list[dict[str, object]]:
    gradients = {estimate.strategy: estimate.document() for estimate in measured}
    return [{**plan.document(), "gradient": gradients.get(plan.name)} for plan in plans]
