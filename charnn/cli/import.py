# ruff: noqa: N999 (the file's name is the command's)
"""Make a run of another program's network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charnn.cli._shared.options import FormatOption, Json
from charnn.cli._shared.terminal import write, write_json


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `charnn export` wrote, or a torch state dict.")],
    form: FormatOption = None,
    vocabulary: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The symbols in the order of their ids, as JSON or text, if FILE has none."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The run folder, instead of runs/<file>-N.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the run folder that --out names.")] = False,
    json: Json = False,
) -> None:
    """Make a run of a network that another program trained or `charnn export` wrote, and print its folder.

    Such a run can be sampled, scored on a text and exported. A safetensors file with the state dict of a
    torch.nn.LSTM or torch.nn.RNN language model needs --vocabulary.
    """
    from charnn.interchange._network import choose_format, make_run
    from charnn.runs.places import Place

    place = Place(file.stem, out, force)
    place.check()
    run = make_run(choose_format(form, file).read(file, vocabulary), place)
    if json:
        write_json({"run": str(run.path)})
    else:
        write(f"{run.path}\n".encode())
