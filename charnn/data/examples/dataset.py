"""A whole table, ready for training: its rows as ids, their vocabularies, and the part that each row is in.

Vocabularies and labels are those of the training part. Rows of other parts may have others: they are kept, and counted
as wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random

import numpy as np
from numpy.typing import NDArray

from charnn.configuration.sections.corpus import LabelledTable, Rule, Table
from charnn.configuration.units import NormalForm, SymbolUnit
from charnn.data.examples.sequences import CutTexts, Sequences, cut
from charnn.data.examples.splits import PARTS, Shares, parts_of
from charnn.data.examples.splits import Rule as SplitRule
from charnn.data.examples.table import Example, read_examples
from charnn.data.sources.opening import open_text
from charnn.data.text.decoding import decode, normalized
from charnn.data.text.text import Text
from charnn.data.text.vocabularies import Vocabularies
from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import InputError

_BLANK = "a blank alone"


@dataclass(frozen=True)
class Examples:
    """The rows of a table.

    Attributes:
        text: the table's bytes.
        rows: the rows that are used.
        inputs, targets: their texts as ids.
        vocabularies: the symbols of both.
        parts: the numbers of the rows of `train`, `validation` and `test`.
        cells: the texts of inputs and targets in units, those that no vocabulary has among them.
        notes: what there is to say of the table, a line each.
    """

    text: Text
    rows: Sequence[Example]
    inputs: Sequences
    targets: Sequences
    vocabularies: Vocabularies
    parts: dict[str, NDArray[np.int64]]
    cells: tuple[CutTexts, CutTexts]
    notes: Sequence[str] = field(default_factory=list)

    def in_vocabularies(self, vocabularies: Vocabularies) -> Examples:
        """The same rows in the ids of other vocabularies."""
        if vocabularies == self.vocabularies:
            return self
        inputs, targets = self.cells
        assert vocabularies.target is not None
        return replace(
            self,
            inputs=inputs.encoded(vocabularies.input),
            targets=targets.encoded(vocabularies.target),
            vocabularies=vocabularies,
        )

    def known(self, part: str) -> NDArray[np.int64]:
        """The numbers of the rows of a part whose symbols, and labels, are all in the vocabularies."""
        rows = self.parts[part]
        return rows[(self.inputs.known & self.targets.known)[rows]]

    def check_known(self, part: str, name: str) -> None:
        """Refuse a part that has rows, and none that can be scored.

        Args:
            part: the part.
            name: what messages call it.

        Raises:
            InputError: each row has a symbol or a label that is not in the vocabularies; the message names one.
        """
        rows = self.parts[part]
        if not len(rows) or len(self.known(part)):
            return
        first, target = int(rows[0]), self.vocabularies.target
        assert target is not None
        unknown = next(
            f"the {vocabulary.unit} {vocabulary.shown(symbol)}"
            for cells, vocabulary in zip(self.cells, (self.vocabularies.input, target), strict=True)
            for symbol in cells[first]
            if symbol not in vocabulary.ids
        )
        raise InputError(
            f"{name} has no row that can be scored ({len(rows):,} in all): row {self.rows[first].row} has {unknown},"
            " which no row for training has; train on rows like it too, or score other rows"
        )


def read_table(corpus: Table, input_unit: SymbolUnit, target_unit: SymbolUnit) -> Examples:
    """Read the table that the section `corpus` describes.

    Args:
        corpus: the section.
        input_unit: what the inputs are cut into.
        target_unit: what the targets are cut into.

    Raises:
        InputError: the table is not available or cannot be used, does not have this `sha256`, or leaves no rows for a
            part.
    """
    if corpus.source is None:
        text, encoding = Text.from_bytes("the table", (corpus.text or "").encode()), "utf-8"
    else:
        text, encoding = open_text(corpus.source).into_memory(), corpus.encoding
    if corpus.sha256 is not None and text.sha256 != corpus.sha256:
        raise InputError(f"{text.name} has changed: its sha256 is {text.sha256} instead of {corpus.sha256}")
    content = decode(text.data, text.name, encoding)
    rows = read_examples(text.name, content, corpus.input, corpus.target, corpus.group, corpus.part)
    notes: list[str] = []
    if isinstance(corpus, LabelledTable):
        rows = _chosen_rows(rows, corpus, of_inputs=input_unit == "label", notes=notes)
    units = {"input": input_unit, "target": target_unit}
    labelled = next((column for column, unit in units.items() if unit == "label"), None)
    rows = _normalized(rows, [column for column in units if column != labelled], corpus.normalize)
    cells = tuple(_cut(text.name, rows, column, unit) for column, unit in units.items())
    parts = _parts(text.name, rows, corpus, labelled, notes)
    trained = np.zeros(len(rows), dtype=bool)
    trained[parts["train"]] = True
    vocabularies = Vocabularies(
        *(
            Vocabulary(cell.vocabulary_of(trained), unit, "none" if unit == "label" else corpus.normalize)
            for cell, unit in zip(cells, units.values(), strict=True)
        )
    )
    assert vocabularies.target is not None
    inputs, targets = cells[0].encoded(vocabularies.input), cells[1].encoded(vocabularies.target)
    found = Examples(text, rows, inputs, targets, vocabularies, parts, (cells[0], cells[1]), notes)
    notes += _unknown_notes(found)
    return found


def _chosen_rows(rows: list[Example], table: LabelledTable, *, of_inputs: bool, notes: list[str]) -> list[Example]:
    """The rows of the most frequent labels, and of each label those that the seed draws."""
    labels = [row.input if of_inputs else row.target or "" for row in rows]
    counts = Counter(labels)
    if table.labels is not None and table.labels < len(counts):
        kept = {label for label, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[: table.labels]}
        notes.append(f"the {table.labels} most frequent of {len(counts)} labels are kept")
        pairs = [(row, label) for row, label in zip(rows, labels, strict=True) if label in kept]
        rows, labels = [row for row, _ in pairs], [label for _, label in pairs]
    if table.rows_per_label is None:
        return rows
    numbers: dict[str, list[int]] = {}
    for number, label in enumerate(labels):
        numbers.setdefault(label, []).append(number)
    drawn: list[int] = []
    for label, own in numbers.items():
        limit = min(table.rows_per_label, len(own))
        drawn += Random(f"{table.seed} rows of {label}").sample(own, limit)
    return [rows[number] for number in sorted(drawn)]


def _normalized(rows: list[Example], columns: Sequence[str], form: NormalForm) -> list[Example]:
    """The rows with some columns in a normal form, so that the same text in two forms is one text for the split too."""
    if form == "none":
        return rows
    return [
        row._replace(**{column: normalized(getattr(row, column), form) for column in columns})  # type: ignore[arg-type]
        for row in rows
    ]


def _cut(name: str, rows: Sequence[Example], column: str, unit: SymbolUnit) -> CutTexts:
    """One column of the rows, in units.

    Raises:
        InputError: a cell has none.
    """
    found = cut([getattr(row, column) for row in rows], unit)
    empty = np.flatnonzero(np.diff(found.starts) == 0)
    if len(empty):
        raise InputError(f"{name}, row {rows[empty[0]].row}: its {column} holds no {unit}")
    return found


def _parts(
    name: str, rows: Sequence[Example], corpus: Table, labelled: str | None, notes: list[str]
) -> dict[str, NDArray[np.int64]]:
    """The rows of each part.

    Raises:
        InputError: a part that is asked for has no row, or rows with the same input are to lie in two parts.
    """
    split = corpus.split
    rule = (
        SplitRule(split.every, split.validation, split.test) if isinstance(split, Rule) else Shares(split, corpus.seed)
    )
    alone: set[int] = set()
    if labelled:
        counts = Counter(getattr(row, labelled) for row in rows)
        alone = {number for number, row in enumerate(rows) if counts[getattr(row, labelled)] == 1}
        if alone:
            notes.append(f"{len(alone)} labels occur once; their rows are for training")
    of_each = np.array(parts_of(name, rows, rule, alone, by_target=labelled == "input"))
    parts = {part: np.flatnonzero(of_each == number) for number, part in enumerate(PARTS)}
    wanted = ["train"]
    if isinstance(split, Rule):
        wanted += [part for part in PARTS[1:] if getattr(split, part)]
    else:
        wanted = list(PARTS[: len(split)])
    for part in wanted:
        if not len(parts[part]):
            raise InputError(f"{name} is too short: {len(rows)} rows leave none for the {part} part")
    return parts


def _unknown_notes(examples: Examples) -> list[str]:
    notes = []
    for part in PARTS[1:]:
        unknown = len(examples.parts[part]) - len(examples.known(part))
        if unknown:
            notes.append(
                f"{unknown} of {len(examples.parts[part]):,} rows of the {part} part have symbols or labels that no"
                " row for training has: they are counted as wrong"
            )
    return notes
