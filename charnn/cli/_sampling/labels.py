"""Texts that a model writes for a label, a line each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from charnn.cli._shared.terminal import console, write, write_json
from charnn.errors import UsageError, one_of

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
    from charnn.generation.texts import texts_of
    from charnn.tasks import reading_network

    config = run.config()
    network = reading_network(run, weights, device)
    if not hasattr(network, "entry_states"):
        raise UsageError(
            f"{run.path} does {config.task.name} and does not write for labels: ask it with {config.corpus.asked_with}"
        )
    labels, symbols = run.vocabularies()
    assert symbols is not None
    names = [label.decode() for label in labels.symbols]
    if request.label is None:
        raise UsageError(f"say what to write for: --label{one_of('', names)}")
    if request.label not in names:
        raise UsageError(f"{run.path} has no label {request.label!r}{one_of(request.label, names)}")
    prime = symbols.encode(symbols.units(request.prime), "the prime").tolist()
    seeds = [[request.seed, number] for number in range(request.count)]
    found = texts_of(network, names.index(request.label), choice, request.length, seeds, prime)
    texts = [symbols.text(one.ids) for one in found]
    known = _training_texts(run) if request.copied else set()
    if request.json:
        samples: list[dict[str, Any]] = [
            {"label": request.label, "prime": request.prime, "text": text, "ended": one.ended}
            for text, one in zip(texts, found, strict=True)
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
