"""How far gradients flow back in a network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charnn.cli._shared.options import Json, WeightsOption, file_name
from charnn.cli._shared.terminal import console, write_json
from charnn.cli.inspect._flow_tables import about_flows, write_flows
from charnn.cli.inspect._fresh_networks import parse_recurrent, variants
from charnn.errors import UsageError


def command(
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN", help="Runs; by default the newest, if no --config is named either."),
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
            "--vary", metavar="KEY=V,V,…", help="A network for each value, such as model.cell=rnn,gru,lstm; repeatable."
        ),
    ] = None,
    recurrent: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SCHEME:RADIUS",
            help="Give fresh networks recurrent matrices of this spectral radius, such as orthogonal:0.9 or gaussian:1;"
            " repeatable.",
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option("--text", metavar="FILE", help="A path, a corpus, or -; by default each network's own text."),
    ] = None,
    layer: Annotated[
        int | None, typer.Option(min=0, help="The layer, counted from 0; by default the last one.")
    ] = None,
    lags: Annotated[int, typer.Option(min=1, max=10_000, help="How many steps back.")] = 100,
    places: Annotated[int, typer.Option(min=1, max=10_000, help="Over how many t, evenly spaced in the text.")] = 64,
    weights: WeightsOption = None,
    plot: Annotated[
        Path | None, typer.Option(parser=file_name, metavar="FILE", help="Draw a picture (.png or .svg).")
    ] = None,
    log_lag: Annotated[bool, typer.Option("--log-lag", help="In the picture: a logarithmic axis for the lag.")] = False,
    json: Json = False,
) -> None:
    """Show how the gradient of a loss decays over the steps that it flows back: ‖∂l_t/∂h_{t−k}‖ over the lag k.

    The table has medians over many t, for trained runs and fresh networks next to each other; with the rate per step
    (a geometric fit), and the spectral radius ρ and the norm of the candidate's recurrent matrix W. In an encoder, t is
    the last character of a row, and l_t the loss of what is answered to it.

    charnn inspect gradients --config exploding-clipped --recurrent orthogonal:0.9 --recurrent gaussian:1
    """
    from charnn.analysis.encoders import EncoderSpecimen, fresh_encoders, trained_encoder
    from charnn.analysis.gradients.flow import gradient_flow
    from charnn.analysis.gradients.picture import plot_flows
    from charnn.analysis.specimens import Specimen, fresh, trained, with_recurrent
    from charnn.configuration.sections.corpus import Table
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
    on_rows, on_texts = ([one for one in named if isinstance(one[1].corpus, Table) == rows] for rows in (True, False))
    if text is not None and on_rows:
        raise UsageError("--text is for runs and for running texts: a fresh encoder reads the table of its --config")
    given = None  # is read once: standard input cannot be read twice
    chosen = weights.value if weights else None
    specimens: list[Specimen | EncoderSpecimen] = []
    for run in opened:
        if isinstance(run.config().corpus, Table):
            specimens.append(trained_encoder(run, text, chosen))
        else:
            given = given or (read_text(text) if text is not None else None)
            specimens.append(trained(run, given, chosen))
    given = given or (read_text(text) if text is not None and on_texts else None)
    specimens += with_recurrent(fresh(on_texts, given), schemes)
    specimens += with_recurrent(fresh_encoders(on_rows), schemes)
    flows = [gradient_flow(specimen, lags, places, layer) for specimen in specimens]
    if plot is not None:
        plot_flows(plot, flows, log_lag=log_lag)
        console().print(f"drew {plot}", markup=False)
    if json:
        write_json({"lags": lags, "networks": [flow.document() for flow in flows]})
    else:
        write_flows(flows, lags)
        console().print(about_flows(flows), markup=False)


def _refuse(options: dict[str, list[str] | None]) -> None:
    for option, given in options.items():
        if given:
            raise UsageError(f"{option} is for fresh networks: name a --config, or leave it out")
