"""Texts that a model writes for a label, a line each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from charnn.cli._shared.terminal import console, write, write_json

if TYPE_CHECKING:
    from charnn.generation.choice import Choice
    from charnn.runs.run import Run


@dataclass(frozen=True)
class Request:
    """What is to be written; see the options of `charnn sample`."""

    label: str | None
    prime: str
    length: int
    count: int
    seed: int
    copied: bool
    json: bool


def sample_for_label(run: Run, weights: str | None, device: str, request: Request, choice: Choice) -> None:
    """Draw texts for a label, and print them.

    Raises:
        UsageError: there is no such label, none is named, or the run does not write for labels.
    """
    from charnn.tasks import reading_network
    from charnn.tasks.conditional_generation import texts_for_label

    network = reading_network(run, weights, device)
    seeds = [[request.seed, number] for number in range(request.count)]
    found = texts_for_label(run, network, request.label, request.prime, choice, request.length, seeds)
    texts = [text for text, _ in found]
    known = _training_texts(run) if request.copied else set()
    if request.json:
        samples: list[dict[str, Any]] = [
            {"label": request.label, "prime": request.prime, "text": text, "ended": ended} for text, ended in found
        ]
        for sample in samples if request.copied else []:
            sample["copied"] = sample["text"] in known
        document = {"run": str(run.path), "seed": request.seed, "temperature": choice.temperature, "samples": samples}
        write_json(document)
        return
    write("".join(f"{text}\n" for text in texts).encode())
    if request.copied:
        same = sum(text in known for text in texts)
        console().print(f"{same} of {len(texts)} stand in the training part as they are", markup=False)


def _training_texts(run: Run) -> set[str]:
    """The texts of the training part."""
    from charnn.tasks import read_task
    from charnn.tasks._examples import ExampleTask

    task = read_task(run.config())
    assert isinstance(task, ExampleTask)
    return {task.examples.rows[row].target or "" for row in task.examples.parts["train"]}
