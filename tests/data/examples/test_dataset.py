"""Whole tables: what is one text in the normal form is one text in every respect; which parts have scores."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product
from typing import Any
from unicodedata import normalize

import numpy as np
import pytest

from charnn.configuration.sections.corpus import ClassificationTable, LabelledTable, PairTable, Table
from charnn.configuration.units import SymbolUnit
from charnn.data.examples.dataset import Examples, read_table
from charnn.errors import InputError

ENDINGS = ["".join(ending) for ending in product("ab", repeat=4)]
NAMES = [f"Ren{letter}{ending}" for ending in ENDINGS for letter in "éè"]
PERSIAN = [f"{word}{ending}" for ending in ENDINGS for word in ("یک", "کی")]
ARABIC = str.maketrans("یک", "يك")
IN_TWO_FORMS = {
    "NFC": [(name, normalize("NFD", name)) for name in NAMES],
    "persian": [(name, name.translate(ARABIC)) for name in PERSIAN],
}
KINDS: dict[str, tuple[type[Table], SymbolUnit, SymbolUnit]] = {
    "text": (ClassificationTable, "character", "label"),
    "label": (LabelledTable, "label", "character"),
    "pair": (PairTable, "character", "character"),
}


def table(kind: str, rows: Sequence[Sequence[str]], **more: Any) -> Examples:
    """A table of texts and what belongs to each, which is what is read where `kind` is `label`."""
    corpus, *units = KINDS[kind]
    columns = {"input": 2, "target": 1} if kind == "label" else {"input": 1, "target": 2}
    content = "".join("\t".join(row) + "\n" for row in rows)
    return read_table(corpus.model_validate({"text": content, **columns, **more}), *units)


@pytest.mark.parametrize("form", IN_TWO_FORMS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("split", [[0.5, 0.3, 0.2], {"every": 5, "validation": [0], "test": [1]}])
def test_a_text_in_two_forms_lies_in_one_part(form: str, kind: str, split: object) -> None:
    rows = [(text, "ab"[number % 2]) for number, forms in enumerate(IN_TWO_FORMS[form]) for text in forms]
    found = table(kind, rows, normalize=form, split=split)
    texts = found.targets if kind == "label" else found.inputs
    assert texts.known.all(), "all are in the ids of the training part, so that the same ids are the same text"
    parts_of: dict[tuple[int, ...], set[str]] = {}
    for part, numbers in found.parts.items():
        for row in numbers:
            parts_of.setdefault(tuple(texts[row].tolist()), set()).add(part)
    assert len(parts_of) == len(rows) / 2
    assert [parts for parts in parts_of.values() if len(parts) > 1] == []
    assert {*found.parts} == set.union(*parts_of.values())


@pytest.mark.parametrize("kind", ["text", "pair"])
def test_rows_hold_the_text_that_is_read(kind: str) -> None:
    decomposed = normalize("NFD", "é")
    rows = [(decomposed, decomposed), ("é", "é"), ("e", "e")]
    (first, second, _), (raw, *_) = (table(kind, rows, normalize=form, split=[1.0]).rows for form in ("NFC", "none"))
    assert first.input == second.input == "é"
    assert raw.input == decomposed
    # Labels are names, and stay as they are written.
    assert first.target == ("é" if kind == "pair" else decomposed)


def test_a_table_that_is_not_to_be_normalized_is_split_as_it_is_written() -> None:
    rows = [(text, "ab"[number % 2]) for number, forms in enumerate(IN_TWO_FORMS["NFC"]) for text in forms]
    found = table("text", rows, split={"every": 2, "validation": [1]})
    np.testing.assert_array_equal(found.parts["validation"], np.arange(1, len(rows), 2))
    assert [row.input for row in found.rows] == [text for text, _ in rows]


TRAINED = [("ab", "long"), ("ba", "short"), ("aab", "long"), ("b", "short")]


@pytest.mark.parametrize(
    ("kind", "scored", "unknown"),
    [
        ("text", ("az", "long"), "the character 'z' (U+007A)"),
        ("text", ("ab a", "absent"), "the character ' ' (U+0020)"),
        ("text", ("bb", "absent"), "the label 'absent'"),
        ("label", ("bb", "absent"), "the label 'absent'"),
        ("label", ("zb", "long"), "the character 'z' (U+007A)"),
        ("pair", ("abc", "long"), "the character 'c' (U+0063)"),
        ("pair", ("bb", "lung"), "the character 'u' (U+0075)"),
    ],
)
def test_a_part_of_which_no_row_can_be_scored_is_refused(kind: str, scored: tuple[str, str], unknown: str) -> None:
    rows = [*((*row, "train") for row in TRAINED), (*scored, "validation"), (*scored, "validation")]
    found = table(kind, rows, part=3)
    message = f"the part has no row that can be scored (2 in all): row 5 has {unknown}, which no row for training has;"
    with pytest.raises(InputError, match=re.escape(message)):
        found.check_known("validation", "the part")
    found.check_known("train", "the part")
    found.check_known("test", "a part without rows")
    table(kind, [*rows, ("aba", "short", "validation")], part=3).check_known("validation", "a part with one such row")
