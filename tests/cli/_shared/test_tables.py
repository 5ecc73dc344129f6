"""Tables: numbers are whole, names as long as there is room, and rows as cheap as those of CSV."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charnn.cli._shared import tables
from charnn.cli._shared.legible import visible, width_of
from charnn.cli._shared.tables import write_table

NAMES = st.text(st.sampled_from("ab-_ 日本می\u0301\u200c"), min_size=1, max_size=90).map(
    lambda text: visible(text.strip())
)
NUMBERS = st.integers(0, 10**12).map(lambda number: f"{number:,}")


def lines_of(capfdbinary: pytest.CaptureFixture[bytes]) -> list[str]:
    return [line for line in capfdbinary.readouterr().out.decode().split("\n") if line]


def test_a_table_is_plain_rows(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    write_table(["n-gram", "", "count"], [["a", "██", "1,000"], ["日本", "", "2"]], numbers=1, names=[0], bar=1)
    assert capfdbinary.readouterr().out.decode() == (
        "\n n-gram        count\n ───────────────────\n a        ██   1,000\n 日本              2\n\n"
    )


def test_an_empty_table_has_its_heading(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    write_table(["run", "step"], [], numbers=1, names=[0])
    assert lines_of(capfdbinary)[0] == " run   step"


def test_where_there_is_no_terminal_a_name_has_sixty_columns(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    write_table(["word", "count"], [["x" * 20_000, "1"], ["y", "2"]], numbers=1, names=[0])
    assert {len(line) for line in lines_of(capfdbinary)} == {1 + 60 + 3 + 5}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(NAMES, NAMES, NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=5), room=st.integers(1, 120)
)
def test_no_number_is_ever_cut_and_a_line_fits_where_it_can(
    capfdbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
    rows: list[tuple[str, ...]],
    room: int,
) -> None:
    monkeypatch.setattr(tables, "terminal_width", lambda: room)
    shown = [[name, "█" * 24, word[:3], *numbers] for name, word, *numbers in rows]
    write_table(["name", "", "kind", "first", "second", "third"], shown, numbers=3, names=[0], bar=1)
    lines = lines_of(capfdbinary)
    page = "\n".join(lines)
    for _, _, *numbers in rows:
        assert all(re.search(rf"(^| ){re.escape(number)}( |$)", page, re.MULTILINE) for number in numbers)
    widest = max(width_of(number) for _, _, *numbers in rows for number in numbers)
    # A name of 8, a kind of 6, the widest number, and what is between them.
    if room >= 8 + 6 + max(widest, 6) + 3 * 3:
        assert all(width_of(line) <= room for line in lines)


def test_names_give_way_and_the_number_of_the_run_stays(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "terminal_width", lambda: 40)
    names = [f"time-machine-with-a-long-name-{number}" for number in (1, 12)]
    write_table(["run", "state", "step", "bpc"], [[name, "done", "1,000", "4.257"] for name in names], 2, names=[0])
    _, _, first, second = lines_of(capfdbinary)
    assert first == " time-mac…g-name-1  done   1,000  4.257"
    assert second == " time-mac…-name-12  done   1,000  4.257"


def test_bars_are_left_out_before_a_name_is_cut(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "terminal_width", lambda: 24)
    write_table(["n-gram", "", "count"], [["a word", "█" * 24, "12"]], numbers=1, names=[0], bar=1)
    assert lines_of(capfdbinary)[-1] == " a word      12"


def test_many_rows_cost_little(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """No more calls of Python a cell than a handful: a table of 100,000 rows took half a minute."""
    rows = [[f"word {number}", "█" * 24, f"{number:,}", "0.1 %"] for number in range(1000)]
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        write_table(["n-gram", "", "count", "share"], rows, numbers=2, names=[0], bar=1)
    finally:
        sys.setprofile(None)
    assert calls < 8 * 4 * len(rows)
    assert len(lines_of(capfdbinary)) == 2 + len(rows)
