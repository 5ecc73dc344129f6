"""What people see of a training: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from charnn.cli._shared.baseline import baseline_line
from charnn.cli._shared.legible import with_line_feeds
from charnn.cli._shared.signals import StopSignals
from charnn.training.observers import Observer

if TYPE_CHECKING:
    from charnn.training.metrics import Meter

_SECONDS_BETWEEN_LINES = 10.0


class Screen(Observer):
    """Shows a training on standard error: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self, terminal: Console) -> None:
        self.console = terminal
        self.live = terminal.is_terminal and not terminal.quiet
        self.signals = StopSignals()
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

    def __enter__(self) -> Self:
        self.signals.__enter__()
        self.bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.bar.stop()
        self.signals.__exit__(*error)

    def note(self, text: str) -> None:
        """Show a line."""
        self.console.print(text, markup=False)

    def compared(self, baseline: dict[str, Any]) -> None:
        """Show the best n-gram model."""
        self.note(baseline_line(baseline))

    def stop_signal(self) -> int | None:
        """The signal that asked to stop, if one came."""
        return self.signals.received

    def progressed(self, share: float, meter: Meter) -> None:
        """Move the bar."""
        if self.live and meter.interval.characters:
            since = meter.interval
            rate = since.characters / since.seconds
            numbers = f"loss {since.nats / since.characters:.3f}  {rate:,.0f} {meter.counted}/s"
            self.bar.update(self.task, completed=share, numbers=numbers)

    def reported(self, row: dict[str, Any]) -> None:
        """Show a row of the metrics where it holds a validation, and now and then where there is no bar."""
        validated = any(name.startswith("validation_") for name in row)
        if not validated and (self.live or time.monotonic() - self.spoke < _SECONDS_BETWEEN_LINES):
            return
        self.spoke = time.monotonic()
        line = f"step {row['step']:>6,}  epoch {row['epoch']:.2f}  loss {row['loss']:.3f}"
        if validated:
            line += f"  validation {_validation(row)}"
        bounded = f"  {row['bounded_windows']} windows cut by max_window" if row["bounded_windows"] else ""
        (rate,) = [name for name in row if name.endswith("_per_second")]
        speed = f"{row[rate]:,.0f} {rate.removesuffix('_per_second')}/s"
        self.note(f"{line}  gradient {row['gradient_norm']:.2g}  {speed}{bounded}")

    def sampled(self, row: dict[str, Any]) -> None:
        """Show a sample."""
        if "expected" in row:  # a pair of short texts
            self.note(f"step {row['step']:>6,}  {row['prime']!r} → {row['text']!r}, expected {row['expected']!r}")
            return
        self.note(f"--- step {row['step']:,}\n{with_line_feeds(row['text'])}\n---")


def _validation(row: dict[str, Any]) -> str:
    """The scores of a validation, in words."""
    scores = {name.removeprefix("validation_"): value for name, value in row.items() if name.startswith("validation_")}
    if "bpc" in scores:
        return f"{scores['loss']:.3f} nats = {scores['bpc']:.3f} bpc"
    loss = scores.pop("loss")
    return f"{loss:.3f} nats  " + "  ".join(f"{name.replace('_', ' ')} {value:.4f}" for name, value in scores.items())
