"""Write a report of a run as one page of HTML."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charnn.cli._shared.baseline import BaselineOption
from charnn.cli._shared.options import RunName, file_name
from charnn.cli._shared.terminal import write

if TYPE_CHECKING:
    from charnn.runs.run import Run


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
    configuration and the command that repeat the run; of a run on a table also what it answers, which labels it
    confuses and its worst mistakes.
    """
    from charnn.analysis.pages.page import check_page
    from charnn.analysis.report.page import report
    from charnn.runs.layout import REPORT
    from charnn.runs.places import open_run
    from charnn.storage.atomic import write_atomically

    opened = open_run(run)
    path = opened.path / REPORT if out is None else out
    check_page(path)
    peer = _baseline(opened) if baseline else None
    write_atomically(path, report(opened, _environment(), peer).encode())
    write(f"{path}\n")


def _baseline(run: Run) -> dict[str, Any]:
    """The best n-gram model of the training part, on the validation part."""
    from charnn.configuration.sections.corpus import Table
    from charnn.runs.text import text_of_run
    from charnn.tasks._examples import examples_of_run
    from charnn.tasks.language_model import baseline_of

    if isinstance(run.config().corpus, Table):
        return examples_of_run(run, part="validation")[0].baseline()
    vocabulary = run.vocabulary()
    train, validation = (text_of_run(run, vocabulary, None, part) for part in ("train", "validation"))
    return baseline_of(train.ids, len(vocabulary), validation.ids)


def _environment() -> dict[str, str]:
    """What the report says about this machine; only torch knows a CUDA device, and is asked where there may be one."""
    import numpy

    from charnn import __version__
    from charnn.benchmarking.machine import this_machine
    from charnn.inference.loading import may_have_cuda

    machine, cuda = this_machine(), "none"
    if may_have_cuda():
        import torch

        cuda = torch.cuda.get_device_name() if torch.cuda.is_available() else cuda
    return {
        "charnn": __version__,
        "Python": machine.python,
        "torch": machine.torch,
        "NumPy": numpy.__version__,
        "processor": machine.processor,
        "system": machine.system,
        "threads": str(machine.threads),
        "kernels": machine.kernels,
        "CUDA device": cuda,
    }
