"""Compare configurations over seeds: train what is missing, and make one table of means, errors and leads."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from charnn.cli._shared.options import Json, Quiet, complete_run, file_name
from charnn.cli._shared.terminal import console, write
from charnn.cli.compare._plan import Plan
from charnn.cli.compare._show import Form, show, show_search
from charnn.cli.compare._workers import Workers
from charnn.errors import UsageError


def command(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="SPEC.yaml | RUN...",
            help="What to compare: a specification, or runs that exist.",
            autocompletion=complete_run,
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(parser=file_name, metavar="FOLDER", help="The folder of all the runs, instead of runs/<spec>."),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", min=1, help="How many trainings at once; else as many as there are processors."),
    ] = None,
    search: Annotated[
        int | None,
        typer.Option(min=3, help="Try so many configurations, drawn as `search` says; those behind end early."),
    ] = None,
    search_seed: Annotated[int, typer.Option(min=0, help="The same seed draws the same configurations.")] = 1,
    table_only: Annotated[bool, typer.Option("--table", help="Train nothing: the table of what is there.")] = False,
    commands: Annotated[
        bool, typer.Option("--list", help="Print the commands that train what is missing, one a line, and end.")
    ] = False,
    only: Annotated[
        str | None, typer.Option(metavar="NAME", help="Train this one alone, in this process: see --list.")
    ] = None,
    share: Annotated[
        float, typer.Option(min=0, max=1, help="With --only: how much of its length; the rest can follow.")
    ] = 1.0,
    plot: Annotated[
        Path | None,
        typer.Option(parser=file_name, metavar="FILE", help="Draw means and errors into a .png or .svg file."),
    ] = None,
    over: Annotated[
        str, typer.Option(metavar="KEY", help="What the picture runs over: step, or a key such as model.hidden.")
    ] = "step",
    csv: Annotated[bool, typer.Option("--csv", help="Print the table as comma-separated values.")] = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Compare configurations over seeds, or runs that exist, in one table.

    Each training goes on where it was stopped, and what is done is not done again. The best mean is set against every
    other row by a two-sided paired t-test over the seeds, with Holm's correction. `runs/latest` stays where it is.
    """
    from charnn.experiments.table import table_of_runs, table_of_trials
    from charnn.runs.places import open_run
    from charnn.storage.pictures import check_picture

    if csv and json:
        raise UsageError("--csv and --json are two forms of one table: choose one")
    if plot is not None:
        check_picture(plot)
    form = Form(csv=csv, json=json, plot=plot, over=over)
    path = Path(what[0])
    if not path.is_file() and path.suffix not in (".yaml", ".yml"):
        if out or jobs or search or only or commands:
            raise UsageError(f"there is no specification {path}, and runs that exist take none of its options")
        show(table_of_runs([open_run(name) for name in what]), form)
        return
    if len(what) > 1:
        raise UsageError("compare one specification, or runs: both in one table is not an experiment")
    plan = Plan(path, out or Path("runs") / path.stem, search, search_seed)
    workers = Workers(plan, jobs, console(quiet=quiet))
    if only is not None:
        workers.train_here(only, share)
    elif commands:
        missing = [trial for trial in plan.trials if not trial.is_over()]
        write("".join(f"{shlex.join(['charnn', *plan.command(trial)])}\n" for trial in missing))
    elif search is not None:
        if csv or plot is not None or table_only:
            raise UsageError("--csv, --plot and --table are for a comparison over seeds: leave them out with --search")
        show_search(workers.search(), plan, json=json)
    else:
        failed = {} if table_only else workers.train()
        show(table_of_trials(plan.trials, failed), form)
