"""The trainings of a plan, several at once, with a bar that shows how many are done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from charnn.cli._shared.screen import Screen
from charnn.cli._shared.signals import StopSignals
from charnn.cli.compare._plan import Plan
from charnn.errors import StoppedError

if TYPE_CHECKING:
    from charnn.experiments.search import Tried
    from charnn.experiments.trial import Trial


class Workers:
    """Does the trainings of a plan.

    Args:
        plan: the trainings.
        jobs: how many at once; None for as many as there are processors for their threads.
        terminal: where progress and notes go.
    """

    def __init__(self, plan: Plan, jobs: int | None, terminal: Console) -> None:
        self.plan, self.jobs, self.console = plan, jobs, terminal

    def train_here(self, name: str, share: float) -> None:
        """Do one training in this process."""
        trial = self.plan.named(name)
        if trial.is_over(share):
            self.console.print(f"{trial.folder} is done", markup=False)
        else:
            trial.train(Screen(self.console), share)

    def train(self) -> dict[str, str]:
        """Do what is missing; why some have failed, by the names of their folders."""
        missing = [trial for trial in self.plan.trials if not trial.is_over()]
        done = len(self.plan.trials) - len(missing)
        if done:
            self.console.print(f"{done} of {len(self.plan.trials)} trainings are done already", markup=False)
        return self._train(missing, 1.0, "trainings")

    def search(self) -> list[Tried]:
        """Do the rungs of a search; all its configurations, the best first."""
        from charnn.experiments.search import cost_of, search

        count = len(self.plan.trials)
        self.console.print(f"{count} configurations, in the time of {cost_of(count):.1f} whole trainings", markup=False)
        ranking: list[Tried] = []
        for ranking in search(self.plan.trials, self._rung):
            best = ranking[0]
            if best.value is not None:
                words = f"after {best.share:.0%} of the length: {best.trial.label} leads with {best.value:.4f}"
                self.console.print(words, markup=False)
        return ranking

    def _rung(self, trials: Sequence[Trial], share: float) -> None:
        self._train(trials, share, f"{share:.0%} of the length")

    def _train(self, trials: Sequence[Trial], share: float, doing: str) -> dict[str, str]:
        from charnn.cli import main
        from charnn.experiments.workers import train_all
        from charnn.kernels.threads import processors

        threads = max((trial.config.train.threads or 1 for trial in trials), default=1)
        jobs = self.jobs or max(1, processors() // threads)
        failed: dict[str, str] = {}
        with self._bar() as bar, StopSignals() as signals:
            progress = bar.add_task(doing, total=len(trials))
            for ended in train_all(
                trials, lambda trial: self.plan.command(trial, share), main, jobs, lambda: signals.received
            ):
                bar.advance(progress)
                if ended.why:
                    failed[ended.trial.folder.name] = ended.why
                self.console.print(f"{ended.trial.label}: {ended.why or ended.trial.state}", markup=False)
        if signals.received is not None:
            raise StoppedError("stopped; the same command goes on", 128 + signals.received)
        return failed

    def _bar(self) -> Progress:
        live = self.console.is_terminal and not self.console.quiet
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        return Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=self.console, disable=not live)
