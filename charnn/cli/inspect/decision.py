"""Look at how a classifier decides, character by character."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from charnn.cli._shared.legible import visible
from charnn.cli._shared.options import WeightsOption, complete_run, file_name
from charnn.cli._shared.tables import write_table
from charnn.cli._shared.terminal import write, write_json
from charnn.cli._shared.texts import checked_text
from charnn.errors import InputError, UsageError, one_of

if TYPE_CHECKING:
    from charnn.analysis.decision.decision import Decision

_BAR = 12


def command(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN] [TEXT]...",
            help="A run's folder, or its name in runs/ (else the newest), and the texts.",
            autocompletion=complete_run,
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file", "-f", parser=file_name, metavar="FILE", help="Texts, one a line; - reads standard input."
        ),
    ] = None,
    label: Annotated[
        str | None, typer.Option(metavar="LABEL", help="Which label the weights are about; the answer by default.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(parser=file_name, metavar="FILE", help="Write a page of HTML instead.")
    ] = None,
    weights: WeightsOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document a text, a line each.")] = False,
) -> None:
    """Show how the belief in a label moves from character to character, and how much each of them matters.

    The weight of a character is the gradient of the label's log-odds along it: positive, it speaks for the label.
    """
    import torch

    from charnn.analysis.decision.page import decisions_page
    from charnn.analysis.pages.page import check_page
    from charnn.networks.classifier import Classifier
    from charnn.runs.places import find_run, open_run
    from charnn.storage.atomic import write_atomically
    from charnn.tasks import trained_network

    given = list(words or [])
    named = given.pop(0) if given and find_run(given[0]) is not None else None
    if (file is not None) + bool(given) != 1:
        raise UsageError("give texts, or --file FILE")
    if html is not None:
        check_page(html)
    run = open_run(named)
    config = run.config()
    network = trained_network(run, weights.value if weights else None, torch.device("cpu"))
    if not isinstance(network, Classifier):
        raise UsageError(f"{run.path} does {config.task.name}, and only a classifier decides among labels")
    texts = [checked_text(text, "the command line") for text in given] if file is None else _lines(file)
    symbols, labels = run.vocabularies()
    assert labels is not None
    names = [one.decode() for one in labels.symbols]
    if label is not None and label not in names:
        raise UsageError(f"{run.path} has no label {label!r}{one_of(label, names)}")
    decisions = [_decision(network, symbols, text, names, label) for text in texts]
    if html is not None:
        write_atomically(html, decisions_page(f"How {run.path.resolve().name} decides", decisions).encode())
        write(f"{html}\n")
    elif json:
        for text, decision in zip(texts, decisions, strict=True):
            write_json(_document(text, decision))
    else:
        for decision in decisions:
            _write(decision)


def _lines(file: Path) -> list[str]:
    """The lines of a file, or of standard input, that are not empty.

    Raises:
        InputError: it cannot be read.
    """
    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return [line for line in data.decode("utf-8-sig").splitlines() if line]
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is not UTF-8 at byte {error.start}") from None


def _decision(network: Any, vocabulary: Any, text: str, names: Sequence[str], label: str | None) -> Decision:
    """What the network makes of a text.

    Raises:
        InputError: it is empty, or has characters that the network does not know.
    """
    import torch

    from charnn.analysis.decision.decision import decide

    ids = vocabulary.encode(vocabulary.units(text), "the text")
    if not len(ids):
        raise InputError("the text is empty")
    symbols = [vocabulary.text([number]) for number in ids]
    chosen = None if label is None else names.index(label)
    return decide(network, torch.from_numpy(ids.astype("int64")), symbols, names, chosen)


def _document(text: str, decision: Decision) -> dict[str, Any]:
    return {
        "text": text,
        "answer": decision.labels[decision.answer],
        "label": decision.labels[decision.label],
        "symbols": list(decision.symbols),
        "weights": decision.weights.tolist(),
        "labels": list(decision.labels),
        "beliefs": decision.beliefs.tolist(),
    }


def _write(decision: Decision) -> None:
    """A table: a character a row, its weight with a bar, and the likeliest label after it."""
    largest = max(float(abs(decision.weights).max()), 1e-12)
    about = decision.labels[decision.label]
    rows = []
    for symbol, weight, leader, beliefs in zip(
        decision.symbols, decision.weights, decision.leaders(), decision.beliefs, strict=True
    ):
        bar = ("+" if weight >= 0 else "−") * round(_BAR * abs(float(weight)) / largest)
        belief = f"{beliefs[decision.label]:.3f}"
        rows.append(
            [visible(symbol), bar, visible(decision.labels[leader]), f"{weight:+.3f}", belief, f"{beliefs[leader]:.3f}"]
        )
    columns = ["after", f"for {visible(about)}", "likeliest", "weight", visible(about), "belief"]
    write_table(columns, rows, 3, bar=1)
