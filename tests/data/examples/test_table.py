"""Tables of examples: each way of writing one gives the same examples, and each mistake is named with its row."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.data.examples.table import Example, read_examples
from charnn.errors import InputError

ROWS = [("Khoury", "Arabic"), ("O'Neal, Jr.", "Irish"), ('"Ünal"', "Turkish"), ("صادقی", "Persian")]
TSV = "surname\tlanguage\n" + "".join(f"{name}\t{language}\n" for name, language in ROWS)
EXPECTED = [Example(row, name, language) for row, (name, language) in enumerate(ROWS, start=2)]


def as_csv(rows: list[tuple[str, str]], line_end: str = "\n") -> str:
    page = io.StringIO(newline="")
    csv.writer(page, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows(rows)
    return page.getvalue()


def test_each_way_of_writing_a_table_gives_the_same_examples() -> None:
    titled = [("surname", "language"), *ROWS]
    lines = [json.dumps({"language": language, "surname": name, "more": None}) for name, language in ROWS]
    for name, text in [
        ("a.tsv", TSV),
        ("a.txt", TSV.removesuffix("\n")),
        ("a.TSV", TSV.replace("\n", "\r\n")),
        ("a.csv", as_csv(titled)),
        ("a.csv", as_csv(titled, "\r\n")),
    ]:
        assert read_examples(name, text, "surname", "language") == EXPECTED
        assert read_examples(name, text, "surname") == [Example(one.row, one.input) for one in EXPECTED]
        numbered = read_examples(name, text, 2, 1)
        assert [(one.target, one.input) for one in numbered] == titled
    found = read_examples("a.jsonl", "\n".join(lines) + "\n", "surname", "language")
    assert [(one.input, one.target) for one in found] == ROWS
    assert [one.row for one in found] == [1, 2, 3, 4]


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8))
def test_what_is_written_is_read(rows: list[tuple[str, str]]) -> None:
    for name, text in [
        ("a.csv", as_csv(rows)),
        ("a.jsonl", "".join(json.dumps(dict(zip("ab", row, strict=True))) + "\n" for row in rows)),
    ]:
        columns = ("a", "b") if name.endswith("l") else (1, 2)
        assert [(one.input, one.target) for one in read_examples(name, text, *columns)] == rows


def test_a_cell_may_be_long() -> None:
    long = "x" * 1_000_000
    assert read_examples("a.csv", f"{long},b\n", 1, 2) == [Example(1, long, "b")]
    assert read_examples("a.tsv", f"{long}\tb\n", 1, 2) == [Example(1, long, "b")]


def test_true_and_whole_numbers_are_labels_in_json() -> None:
    text = '{"a": "x", "b": 1}\n\n{"a": "y", "b": true}\n'
    assert read_examples("a.jsonl", text, "a", "b") == [Example(1, "x", "1"), Example(3, "y", "true")]


@pytest.mark.parametrize(
    ("name", "text", "columns", "message"),
    [
        ("a.tsv", "", ("s", "l"), "a.tsv has no rows"),
        ("a.tsv", "s\tl\n", ("s", "l"), "a.tsv has no rows"),
        ("a.jsonl", "\n", ("s", "l"), "a.jsonl has no rows"),
        ("a.csv", "", (1, 2), "a.csv has no rows"),
        ("a.tsv", TSV, ("surnam", "language"), "no column `surnam` .did you mean `surname`.*; there are: surname"),
        ("a.tsv", "s\ts\tl\na\tb\tc\n", ("s", "l"), "has 2 columns `s`: give each a name of its own"),
        ("a.tsv", "s\tl\na\tb\nc\n", ("s", "l"), "a.tsv, row 3: it has 1 cell, and the rows before have 2"),
        ("a.tsv", "s\tl\na\tb\tc\n", ("s", "l"), "a.tsv, row 2: it has 3 cells, and the rows before have 2"),
        ("a.tsv", "a\tb\n", (1, 3), "a.tsv, row 1: it has 2 cells, and no column 3"),
        ("a.tsv", "s\tl\n\tb\n", ("s", "l"), "a.tsv, row 2: its `s` is empty"),
        ("a.tsv", "a\t\n", (1, 2), "a.tsv, row 1: its column 2 is empty"),
        ("a.tsv", "s\tl\na\tb\n\nc\td\n", ("s", "l"), "a.tsv, row 3 is empty"),
        ("a.csv", 's,l\na,b\n"c,d\ne,f\n', ("s", "l"), "a.csv, row 3: a quote is never closed"),
        ("a.csv", 's,l\n"a"b,c\n', ("s", "l"), "a.csv, row 2: "),
        ("a.csv", "s,l\na,b\n\nc,d\n", ("s", "l"), "a.csv, row 3 is empty"),
        ("a.jsonl", '{"s": "a", "l": "b"}\n[1]\n', ("s", "l"), "a.jsonl, row 2: it is not a JSON object"),
        ("a.jsonl", "{\n", ("s", "l"), "a.jsonl, row 1: it is not JSON"),
        ("a.jsonl", '{"s": "a", "lx": "b"}\n', ("s", "l"), "row 1 has no key `l` .did you mean `lx`"),
        ("a.jsonl", '{"s": "a", "l": null}\n', ("s", "l"), "row 1: the value of `l` is neither a text nor a whole"),
        ("a.jsonl", '{"s": "", "l": "b"}\n', ("s", "l"), "row 1: its `s` is empty"),
        ("a.jsonl", '{"s": "a"}\n', (1,), "JSON Lines have no column 1: name a key"),
        ("a.jsonl", "[" * 100_000, ("s",), "row 1: it is not JSON"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_table_is_named_with_its_row(
    name: str, text: str, columns: tuple[str | int, ...], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_examples(name, text, *columns)
