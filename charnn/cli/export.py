"""Write a run's network for another program."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charnn.cli._shared.interchange_format import choose_format
from charnn.cli._shared.options import FormatOption, Json, Quiet, RunName, WeightsOption, file_name
from charnn.cli._shared.terminal import console, write, write_json


def command(
    run: RunName = None,
    form: FormatOption = None,
    out: Annotated[
        Path | None,
        typer.Option(parser=file_name, metavar="FILE", help="The file to write; the run's name in this folder."),
    ] = None,
    weights: WeightsOption = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Write a run's network for another program, with its vocabulary, and print the file's name.

    onnx: for every ONNX runtime. torch: the weights of a torch.nn.RNN or torch.nn.LSTM as safetensors.
    """
    from charnn.configuration.sections import Corpus
    from charnn.interchange._network import network_of
    from charnn.runs.places import open_run
    from charnn.storage.atomic import check_writable

    chosen = choose_format(form, out)
    opened = open_run(run)
    path = out or Path(f"{opened.path.absolute().name}{chosen.suffix}")
    check_writable(path)
    which = weights.value if weights else None
    if not isinstance(opened.config().corpus, Corpus):
        files = chosen.write_examples(opened, which, path)
        if json:
            write_json({"run": str(opened.path), "files": [str(file) for file in files]})
        else:
            write("".join(f"{file}\n" for file in files))
        return
    notes = chosen.write(network_of(opened, which), path)
    for note in notes:
        console(quiet=quiet).print(note, markup=False)
    if json:
        write_json({"run": str(opened.path), "file": str(path), "notes": notes})
    else:
        write(f"{path}\n")
