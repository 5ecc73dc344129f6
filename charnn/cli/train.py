"""Train a model."""

from __future__ import annotations

import signal
import sys
import time
from json import dumps
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from charnn.cli._baseline import BaselineOption, baseline_line, baseline_of
from charnn.cli._options import Device, Json, Out, Quiet
from charnn.cli._terminal import console, write, write_json

if TYPE_CHECKING:
    from charnn.text.dataset import Dataset
    from charnn.training.metrics import Meter

_SECONDS_BETWEEN_LINES = 10.0


def command(
    config: Annotated[str, typer.Option("--config", "-c", help="A YAML file, or the name of a recipe.")],
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", "-s", metavar="KEY=VALUE", help="Override a key, e.g. model.hidden=512."),
    ] = None,
    out: Out = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the run folder that --out names.")] = False,
    init: Annotated[
        Path | None, typer.Option(metavar="WEIGHTS", help="Start from these weights (.safetensors).")
    ] = None,
    device: Annotated[Device | None, typer.Option(help="Where to run; beats train.device.")] = None,
    baseline: BaselineOption = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Train a model as a YAML file says, and print the folder of the run."""
    from charnn.config import read_config
    from charnn.errors import UsageError
    from charnn.runs import BASELINE, Place
    from charnn.training.start import start

    overrides = [*(settings or []), *([f"train.device={device.value}"] if device else [])]
    resolved = read_config(config, overrides)
    if baseline and len(resolved.corpus.split) == 1:
        raise UsageError("--baseline is scored on the validation part, and `corpus.split` leaves none")
    screen = Screen(console(quiet=quiet))
    peer: dict[str, Any] = {}

    def find_peer(text: Dataset) -> None:
        peer.update(baseline_of(text.part("train"), len(text.vocabulary), text.part("validation")))
        screen.note(baseline_line(peer))

    begin = {"first": find_peer} if baseline else {}
    training = start(resolved, Place(Path(config).stem, out, force), screen, init, **begin)
    if peer:
        training.run.write(BASELINE, dumps(peer) + "\n")
    with screen:
        training.run_to_end()
    if json:
        write_json(
            {
                "run": str(training.run.path),
                "config": resolved.values(),
                **training.last_row,
                "best_validation_loss": training.best_validation_loss,
                "baseline": peer or None,
            }
        )
    else:
        write(f"{training.run.path}\n".encode())


class Screen:
    """Shows a training on standard error: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self, terminal: Console) -> None:
        self.console = terminal
        self.live = terminal.is_terminal and not terminal.quiet
        self.signal: int | None = None
        self.spoke = time.monotonic()
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%  {task.fields[numbers]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=terminal,
            disable=not self.live,
        )
        self.task = self.bar.add_task("training", total=1.0, numbers="")

    def __enter__(self) -> Screen:
        self.handlers = {number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()
        for number, handler in self.handlers.items():
            signal.signal(number, handler)

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if self.signal is not None:
            sys.exit(128 + number)
        self.signal = number

    def note(self, text: str) -> None:
        """A line for whoever looks on."""
        self.console.print(text, markup=False)

    def stop_signal(self) -> int | None:
        """The signal that asked to stop, if one came."""
        return self.signal

    def progressed(self, share: float, meter: Meter) -> None:
        """Move the bar."""
        if self.live and meter.interval.characters:
            since = meter.interval
            rate = since.characters / since.seconds
            numbers = f"loss {since.nats / since.characters:.3f}  {rate:,.0f} characters/s"
            self.bar.update(self.task, completed=share, numbers=numbers)

    def reported(self, row: dict[str, Any]) -> None:
        """Show a row of the metrics where it holds a validation, and now and then where there is no bar."""
        validated = "validation_loss" in row
        if not validated and (self.live or time.monotonic() - self.spoke < _SECONDS_BETWEEN_LINES):
            return
        self.spoke = time.monotonic()
        line = f"step {row['step']:>6,}  epoch {row['epoch']:.2f}  loss {row['loss']:.3f}"
        if validated:
            line += f"  validation {row['validation_loss']:.3f} nats = {row['validation_bpc']:.3f} bpc"
        bounded = f"  {row['bounded_windows']} windows cut by max_window" if row["bounded_windows"] else ""
        self.note(
            f"{line}  gradient {row['gradient_norm']:.2g}  {row['characters_per_second']:,.0f} characters/s{bounded}"
        )

    def sampled(self, row: dict[str, Any]) -> None:
        """Show a sample."""
        self.note(f"--- step {row['step']:,}\n{row['text']}\n---")
