"""How far gradients flow back in a network."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from charnn.cli._shared.options import Json, WeightsOption
from charnn.cli._shared.terminal import console, visible, write_json, write_table
from charnn.errors import UsageError

if TYPE_CHECKING:
    from charnn.analysis.gradients.flow import Flow

_SHOWN = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def command(
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN", help="Runs; the newest if neither a run nor --config is named."),
    ] = None,
    configs: Annotated[
        list[str] | None,
        typer.Option("--config", "-c", metavar="FILE", help="A fresh network of this YAML file or recipe; repeatable."),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", "-s", metavar="KEY=VALUE", help="Override a key of each --config.")
    ] = None,
    variations: Annotated[
        list[str] | None,
        typer.Option(
            "--vary", metavar="KEY=V,V,…", help="A network for each value, e.g. model.cell=rnn,gru,lstm; repeatable."
        ),
    ] = None,
    recurrent: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SCHEME:RADIUS",
            help="Give fresh networks recurrent matrices of this spectral radius: orthogonal:0.9, gaussian:1; "
            "repeatable.",
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option("--text", metavar="FILE", help="A path, a corpus, or -; else each network's own text."),
    ] = None,
    layer: Annotated[int | None, typer.Option(min=0, help="The layer, counted from 0; the last if none.")] = None,
    lags: Annotated[int, typer.Option(min=1, max=10_000, help="How many steps back.")] = 100,
    places: Annotated[int, typer.Option(min=1, max=10_000, help="Over how many t, evenly spaced in the text.")] = 64,
    weights: WeightsOption = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw a picture (.png or .svg).")] = None,
    log_lag: Annotated[bool, typer.Option("--log-lag", help="In the picture: the lag on a logarithmic axis.")] = False,
    json: Json = False,
) -> None:
    """Show how the gradient of a loss decays over the steps that it flows back: ‖∂l_t/∂h_{t−k}‖ over the lag k.

    Medians over many t; for trained runs, or for fresh networks side by side. Beside them stand the rate per step
    (a geometric fit), and the spectral radius ρ and the norm of the recurrent matrices.

    charnn inspect gradients --config exploding-clipped --recurrent orthogonal:0.9 --recurrent gaussian:1
    """
    from charnn.analysis.gradients.flow import gradient_flow
    from charnn.analysis.gradients.picture import draw_flows
    from charnn.analysis.gradients.spectrum import parse_recurrent
    from charnn.analysis.subjects import fresh, trained, variants, with_recurrent
    from charnn.data.sources.opening import read_text
    from charnn.runs.places import open_run
    from charnn.storage.pictures import check_picture

    if not configs:
        _refuse({"--set": settings, "--vary": variations, "--recurrent": recurrent})
    if log_lag and plot is None:
        raise UsageError("--log-lag is for a picture: add --plot FILE")
    if plot is not None:
        check_picture(plot)
    schemes = [parse_recurrent(scheme) for scheme in recurrent or []]
    named = variants(configs or [], settings or [], variations or [])
    wanted: list[str | None] = [*(runs or [])] or ([] if configs else [None])
    opened = [open_run(run) for run in wanted]
    given = read_text(text) if text is not None else None
    chosen = weights.value if weights else None
    subjects = [trained(run, given, chosen) for run in opened]
    subjects += with_recurrent(fresh(named, given), schemes)
    flows = [gradient_flow(subject, lags, places, layer) for subject in subjects]
    if plot is not None:
        draw_flows(plot, flows, log_lag=log_lag)
        console().print(f"drew {plot}", markup=False)
    if json:
        write_json({"lags": lags, "networks": [flow.document() for flow in flows]})
    else:
        _write_tables(flows, lags)


def _refuse(options: dict[str, list[str] | None]) -> None:
    for option, given in options.items():
        if given:
            raise UsageError(f"{option} is for fresh networks: name a --config, or leave it out")


def _write_tables(flows: list[Flow], lags: int) -> None:
    shown = sorted({*(lag for lag in _SHOWN if lag < lags), lags})
    rows, others = [], []
    for flow in flows:
        name, (candidate, *gates) = visible(flow.subject.name), flow.matrices
        for decay in flow.decays:
            norms = [_number(float(decay.median[lag])) if lag < len(decay.median) else "" for lag in shown]
            rate = f"{decay.rate:.4f}" if decay.rate is not None else ""
            rows.append([name, decay.part, rate, f"{candidate.radius:.4f}", f"{candidate.norm:.4f}", *norms])
        others += [[name, matrix.name, f"{matrix.radius:.4f}", f"{matrix.norm:.4f}"] for matrix in (candidate, *gates)]
    write_table(["network", "of", "rate", "ρ(W)", "‖W‖", *(f"k={lag}" for lag in shown)], rows, numbers=3 + len(shown))
    if len(others) > len(flows):
        write_table(["network", "matrix", "ρ(W)", "‖W‖"], others, numbers=2)
    texts = sorted({f"{flow.places} places of {visible(flow.subject.text)}" for flow in flows})
    console().print(
        f"medians of ‖∂l_t/∂h_{{t−k}}‖ (or c) over {'; '.join(texts)}; W is the candidate's matrix", markup=False
    )


def _number(value: float) -> str:
    return (
        "∞" if math.isinf(value) else "0" if value == 0 else f"{value:.2g}" if 1e-3 <= value < 1e3 else f"{value:.0e}"
    )
