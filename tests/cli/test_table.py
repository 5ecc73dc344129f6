"""Tables: numbers whole in any width, texts short enough to read, and aligned in cells of the terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from charnn.cli._shared import table
from charnn.cli._shared.table import shortened, write_table


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    pages: list[str] = []
    monkeypatch.setattr(table, "write", lambda data: pages.append(data.decode()))
    return pages


def at_width(monkeypatch: pytest.MonkeyPatch, width: int | None) -> None:
    monkeypatch.setattr(table, "terminal_width", lambda: width)


NAME = "tiny-shakespeare-with-a-very-long-name"
ROWS = [(f"{NAME}-{number}", "finished", "lstm 2 × 512", "4.257", "1,234,567", "1:02:03") for number in (1, 12)]
COLUMNS = ["run", "state", "model", "best bpc", "steps", "time"]


@pytest.mark.parametrize("width", [*range(20, 140, 7), None])
def test_numbers_are_whole_and_the_number_of_a_run_stays(
    written: list[str], monkeypatch: pytest.MonkeyPatch, width: int | None
) -> None:
    at_width(monkeypatch, width)
    write_table(COLUMNS, ROWS, numbers=3)
    page = "".join(written)
    for cell in ("4.257", "1,234,567", "1:02:03"):
        assert page.count(cell) == 2, page
    for number in ("-1 ", "12 "):
        assert number in page
    if width is not None and width >= 60:
        assert max(map(cell_len, page.splitlines())) <= width


def test_one_long_word_pads_no_other_row(written: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    at_width(monkeypatch, None)
    write_table(["word", "count"], [("x" * 20_000, "1"), ("a", "2")], numbers=1)
    assert max(map(len, "".join(written).splitlines())) < 80


def test_columns_are_aligned_in_cells(written: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    at_width(monkeypatch, None)
    write_table(["word", "count"], [("我愛你", "1"), ("e\u0301te\u0301", "20"), ("سلام", "3"), ("a", "4")], numbers=1)
    rows = "".join(written).splitlines()[3:-1]
    assert {cell_len(row) for row in rows} == {len("我愛你") * 2 + 3 + len("count")}


def test_bars_are_left_out_before_a_text_is_shortened(written: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    at_width(monkeypatch, 30)
    write_table(["n-gram", "", "count"], [("a word or two", "█" * 24, "12")], numbers=1, bar=1)
    assert "a word or two   " in written[0]
    assert "█" not in written[0]


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40), st.integers(3, 20))
def test_a_shortened_text_keeps_its_beginning_and_its_end(text: str, width: int) -> None:
    short = shortened(text, width)
    assert cell_len(short) <= width
    if cell_len(text) <= width and len(text) <= width:
        assert short == text
        return
    begin, _, end = short.partition("…")
    assert text.startswith(begin) or "…" in text
    assert text.endswith(short[len(begin) + 1 :]) or "…" in text
    assert not end or cell_len(end[0])
