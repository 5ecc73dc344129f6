"""Write a report of a run as one page of HTML."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from charnn.cli._shared.baseline import BaselineOption
from charnn.cli._shared.options import RunName, file_name
from charnn.cli._shared.terminal import write


def command(
    run: RunName = None,
    out: Annotated[
        Path | None,
        typer.Option(
            parser=file_name, metavar="FILE", help="The page to write; by default report.html in the run's folder."
        ),
    ] = None,
    baseline: BaselineOption = False,
) -> None:
    """Write a report of a run, one page of HTML that needs nothing else, and print its name.

    The page shows scores and curves, gradients and clipping, how samples changed, units in colours, and the
    configuration and the command that repeat the run.
    """
    from charnn.analysis.pages.page import check_page
    from charnn.analysis.report.page import report
    from charnn.runs.layout import REPORT
    from charnn.runs.places import open_run
    from charnn.runs.text import text_of_run
    from charnn.storage.atomic import write_atomically
    from charnn.tasks.language_model import baseline_of

    opened = open_run(run)
    path = opened.path / REPORT if out is None else out
    check_page(path)
    peer = None
    if baseline:
        vocabulary = opened.vocabulary()
        train = text_of_run(opened, vocabulary, None, "train")
        validation = text_of_run(opened, vocabulary, None, "validation")
        peer = baseline_of(train.ids, len(vocabulary), validation.ids)
    write_atomically(path, report(opened, _environment(), peer).encode())
    write(f"{path}\n")


def _environment() -> dict[str, str]:
    """What the report says about this machine."""
    import numpy
    import torch

    from charnn import __version__
    from charnn.benchmarking.machine import this_machine

    machine = this_machine()
    return {
        "charnn": __version__,
        "Python": machine.python,
        "torch": machine.torch,
        "NumPy": numpy.__version__,
        "processor": machine.processor,
        "system": machine.system,
        "threads": str(machine.threads),
        "kernels": machine.kernels,
        "CUDA device": torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
    }
