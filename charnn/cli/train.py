"""Train a model, or go on training one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from charnn.cli._shared.baseline import BaselineOption
from charnn.cli._shared.options import Device, Json, Out, Quiet, complete_recipe, complete_run
from charnn.cli._shared.screen import Screen
from charnn.cli._shared.terminal import console, is_first_process, write, write_json
from charnn.errors import UsageError

Symbols = Literal["keep", "extend"]


def command(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN]",
            help="With --resume: a run's folder, or its name in runs/; else the newest.",
            autocompletion=complete_run,
        ),
    ] = None,
    config: Annotated[
        str | None,
        typer.Option("--config", "-c", help="A YAML file, or the name of a recipe.", autocompletion=complete_recipe),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="A text of your own, or a corpus, instead of --config: settings are chosen."),
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0.05, help="With --text: how long the training is to take; 5 minutes.")
    ] = None,
    show: Annotated[
        bool, typer.Option("--show", help="With --text: print the configuration that is chosen, and train nothing.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run from its last checkpoint.")] = False,
    step: Annotated[
        int | None, typer.Option("--from", metavar="STEP", min=0, help="With --resume: from this checkpoint instead.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", "-s", metavar="KEY=VALUE", help="Override a key, e.g. model.hidden=512."),
    ] = None,
    out: Out = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the run folder that --out names.")] = False,
    init: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            help="Start from the weights of a run, or of a .safetensors file.",
            autocompletion=complete_run,
        ),
    ] = None,
    vocabulary: Annotated[
        Symbols | None,
        typer.Option(
            help="With --init on a text of other symbols: keep the symbols that the weights know, or extend them to"
            " those of the text."
        ),
    ] = None,
    device: Annotated[Device | None, typer.Option(help="Where to run; beats train.device.")] = None,
    baseline: BaselineOption = False,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Write the metrics for TensorBoard too, into the run's `tensorboard`.")
    ] = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Train a model as a YAML file says, or go on with a run, and print the folder of the run.

    `--text poems.txt --minutes 10` chooses cell, size, dropout and length from the text and the time that there is.

    `--resume` goes on to the same bits as if the training had never stopped. Then only the length, the device and
    what is reported, sampled and saved may change: `charnn train --resume --set train.epochs=5`.
    """
    from charnn.configuration.reading import config_of, read_config
    from charnn.runs.places import Destination, open_run
    from charnn.runs.weights import find_weights
    from charnn.training.initial import Initial
    from charnn.training.job import Job
    from charnn.training.own_text import MINUTES, as_yaml
    from charnn.training.resume import Continuation

    overrides = [*(settings or []), *([f"train.device={device.value}"] if device else [])]
    job = Job(Screen(console(quiet=quiet)), with_baseline=baseline, with_tensorboard=tensorboard)
    if resume:
        new = {"--out": out, "--force": force, "--init": init, "--vocabulary": vocabulary}
        _refuse(
            {**new, "--text": text, "--minutes": minutes, "--show": show},
            "is for a new run, and --resume goes on with one",
        )
        opened = replace(open_run(run), writes=is_first_process())
        training = job.go_on(Continuation(opened, step, config, overrides))
    else:
        if run is not None:
            raise UsageError(_about_run(run))
        _refuse({"--from": step is not None}, "belongs to --resume")
        if text is None and config is None:
            raise UsageError(
                "say what to train: --config FILE or the name of a recipe, or --text FILE; or --resume a run"
            )
        if text is None:
            _refuse({"--minutes": minutes, "--show": show}, "belongs to --text")
            read = read_config(str(config), overrides)
        else:
            _refuse({"--config": config}, "and --text both say what to train")
            chosen = _chosen(text, minutes or MINUTES)
            if show:
                write(as_yaml(chosen, text, minutes or MINUTES))
                return
            console(quiet=quiet).print(as_yaml(chosen, text, minutes or MINUTES), markup=False)
            read = config_of(chosen, f"the settings for {text}", overrides, os.environ)
        if vocabulary and not init:
            raise UsageError("--vocabulary belongs to --init, which names the weights to start from: leave it out")
        initial = Initial(find_weights(init), vocabulary) if init else None
        training = job.train(read, Destination(Path(str(text or config)).stem, out, force), initial)
    if not is_first_process():
        return
    if json:
        write_json(
            {
                "run": str(training.run.path),
                "config": training.trainer.config.values(),
                **training.last_row,
                "best_validation_loss": training.best_validation_loss,
                "baseline": job.baseline or None,
            }
        )
    else:
        write(f"{training.run.path}\n")


def _chosen(text: str, minutes: float) -> dict[str, Any]:
    """The settings that fit a text of one's own.

    Raises:
        UsageError: there are several processes, each of which would measure itself.
    """
    from charnn.training.own_text import chosen_for

    if os.environ.get("WORLD_SIZE", "1") != "1":
        raise UsageError("--text measures each process by itself: choose settings with --show, and train with --config")
    return chosen_for(text, minutes)


def _about_run(name: str) -> str:
    """What to say of the name of a run where a new one is to be trained."""
    if Path(name).is_file() or name in complete_recipe(name):
        return f"`{name}` is a configuration: say `charnn train --config {name}`"
    return f"RUN belongs to --resume: add --resume to go on with `{name}`, or leave it out"


def _refuse(options: Mapping[str, object], why: str) -> None:
    for option, given in options.items():
        if given:
            raise UsageError(f"{option} {why}: leave it out")
