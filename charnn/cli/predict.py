"""Answer texts with a trained model: their labels, or their targets."""

from __future__ import annotations

import gc
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charnn.cli._shared.lines import MOST_LINES, lines_of, to_utf8
from charnn.cli._shared.options import Device, DeviceOption, SkipUnknown, WeightsOption, complete_run, file_name
from charnn.cli._shared.reading import MixOption
from charnn.cli._shared.terminal import console, write, write_json
from charnn.cli._shared.texts import checked_text
from charnn.errors import InputError, UsageError

if TYPE_CHECKING:
    from charnn.tasks._predictor import Candidate, Prediction


def command(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN] [TEXT]...",
            help="A run's folder, or its name in runs/ (else the newest), and the texts; - reads lines of standard"
            " input.",
            autocompletion=complete_run,
        ),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", parser=file_name, metavar="FILE", help="Texts, one a line.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, max=1000, help="How many answers to give, the likeliest first.")] = 1,
    beam: Annotated[
        int | None, typer.Option(min=1, max=1000, help="How wide the search for a target is; 1, or as --top says.")
    ] = None,
    skip_unknown: SkipUnknown = False,
    mix: MixOption = False,
    weights: WeightsOption = None,
    device: DeviceOption = Device.auto,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document a line.")] = False,
) -> None:
    """Answer texts: one line of output for each, in their order.

    A model of the task `classification` answers with a label, one of `sequence-to-sequence` with a target. A text that
    is empty, or has characters that the model does not know, gives an empty line and a note. With --mix the n-grams
    that `charnn mix` gave the run answer too, where labels are asked for.
    """
    from charnn.runs.places import find_run, open_run
    from charnn.tasks import TASKS, reading_network

    given = list(words or [])
    named = given.pop(0) if given and given[0] != "-" and find_run(given[0]) is not None else None
    if (file is not None) + bool(given) != 1:
        raise UsageError("give texts, or --file FILE, or - to read lines of standard input")
    run = open_run(named)
    config = run.config()
    task = TASKS.load(config.task.name)
    if not json and top > 1 and beam is not None and beam < top:
        raise UsageError(f"--top {top} needs --beam {top} or wider")
    task.check_beam(beam)
    network = reading_network(run, weights.value if weights else None, device.value)
    predictor = task.predictor(network, config, run.vocabularies())
    if mix:
        predictor.network = task.mixed(run, network)
    # What is loaded stays: without this, the collector goes through all of it again and again as answers come.
    gc.freeze()
    number = 0
    with ExitStack() as opened:
        for texts in _texts(given, file, config.corpus.encoding, opened):
            readable = ["" if isinstance(text, InputError) else text for text in texts]
            answered = predictor.answer(readable, top, beam, skip_unknown=skip_unknown)
            for text, found in zip(texts, answered, strict=True):
                number += 1
                problem = str(text) if isinstance(text, InputError) else found.problem
                if problem is not None and given and given != ["-"]:
                    raise InputError(problem)
                _write(number, text, found, problem, json=json, top=top)


def _texts(
    given: Sequence[str], file: Path | None, encoding: str, opened: ExitStack
) -> Iterator[list[str | InputError]]:
    """The texts, some at a time; an error where a line is not text."""
    if given and list(given) != ["-"]:
        for begin in range(0, len(given), MOST_LINES):
            yield [checked_text(text, "the command line") for text in given[begin : begin + MOST_LINES]]
        return
    try:
        stream = sys.stdin.buffer if file is None or str(file) == "-" else opened.enter_context(file.open("rb"))
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}") from None
    first = True
    recode: Callable[[bytes], bytes] = bytes
    if "\n".encode(encoding) != b"\n":  # as in UTF-16, whose lines no search for a byte finds
        recode, encoding = to_utf8(encoding), "utf-8"
    for lines in lines_of(stream, recode):
        texts: list[str | InputError] = []
        for line in lines:
            try:
                text = line.decode(encoding)
            except UnicodeDecodeError as error:
                texts.append(InputError(f"is not {encoding} at byte {error.start}"))
                continue
            texts.append(text.removeprefix("\ufeff") if first and not texts else text)
        first = False
        yield texts


def _write(
    number: int, text: str | InputError, found: Prediction, problem: str | None, *, json: bool, top: int
) -> None:
    """One line of output."""
    if json:
        document: dict[str, Any] = {"line": number, "input": None if isinstance(text, InputError) else text}
        if problem is not None:
            document["error"] = problem
        else:
            document["answers"] = [_document(one) for one in found.candidates]
            document |= {"left_out": found.left_out} if found.left_out else {}
        write_json(document)
        return
    if problem is not None:
        console().print(f"line {number}: {problem}", markup=False)
    elif found.left_out:
        console().print(f"line {number}: {found.left_out} characters are left out", markup=False)
    if top == 1:
        write("".join(one.text for one in found.candidates) + "\n")
    else:
        write("\t".join(f"{one.text}\t{math.exp(one.log_probability):.4f}" for one in found.candidates) + "\n")


def _document(one: Candidate) -> dict[str, Any]:
    found = {"text": one.text, "probability": math.exp(one.log_probability), "log_probability": one.log_probability}
    return found if one.ended else {**found, "cut": True}
