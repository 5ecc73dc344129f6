# ruff: noqa: N999 (the file's name is the command's)
"""Make a run from another program's network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from charnn.cli._shared.interchange_format import choose_format
from charnn.cli._shared.options import FormatOption, Json, file_name
from charnn.cli._shared.terminal import write, write_json
from charnn.errors import RunError, UsageError

if TYPE_CHECKING:
    from charnn.interchange import Format
    from charnn.interchange._network import ExchangedNetwork


def command(
    file: Annotated[
        Path,
        typer.Argument(parser=file_name, metavar="FILE", help="What `charnn export` wrote, or a torch state dict."),
    ],
    form: FormatOption = None,
    vocabulary: Annotated[
        Path | None,
        typer.Option(
            parser=file_name,
            metavar="FILE",
            help="The symbols in the order of their ids, as JSON or text, if FILE has none.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(parser=file_name, metavar="FOLDER", help="The run folder, instead of runs/<file>-N.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the run folder that --out names.")] = False,
    json: Json = False,
) -> None:
    """Make a run from a network that another program trained or that `charnn export` wrote, and print its folder.

    Such a run can be sampled, scored on a text and exported. A safetensors file with the state dict of a
    torch.nn.LSTM or torch.nn.RNN language model needs --vocabulary.
    """
    from charnn.interchange._network import make_run
    from charnn.runs.places import Destination

    destination = Destination(file.stem, out, force)
    destination.check()
    run = make_run(_read(choose_format(form, file), file, vocabulary), destination)
    if json:
        write_json({"run": str(run.path)})
    else:
        write(f"{run.path}\n")


def _read(form: Format, file: Path, vocabulary: Path | None) -> ExchangedNetwork:
    """The network of a file; says which option or command mends what is wrong with it."""
    from charnn.interchange import NoVocabularyError, OwnFileError, TwoVocabulariesError

    try:
        return form.read(file, vocabulary)
    except NoVocabularyError as error:
        raise UsageError(f"{error}: name them with --vocabulary FILE") from None
    except TwoVocabulariesError as error:
        raise UsageError(f"{error}: leave out --vocabulary") from None
    except OwnFileError as error:
        raise RunError(f"{error}: `charnn train --init {file}` starts from its weights") from None
