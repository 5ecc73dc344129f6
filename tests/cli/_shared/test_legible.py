"""What strangers wrote, as a terminal can show it: nothing acts on it, and nothing is wider than its room."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from charnn.cli._shared.legible import legible, shortened, visible, width_of, with_line_feeds

TEXTS = st.text(st.one_of(st.characters(), st.sampled_from("ab 日本\u0301\u200c\u200d️❤می️\x1b\r\n\t\x9b\udcff")))


def acts_on_a_terminal(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t"


@given(TEXTS)
def test_nothing_is_left_that_acts_on_a_terminal(text: str) -> None:
    shown = legible(text)
    assert not any(map(acts_on_a_terminal, shown))
    assert legible(shown) == shown
    if not any(map(acts_on_a_terminal, text)):
        assert shown == text
    assert not any(map(acts_on_a_terminal, visible(text)))
    assert not {"\n", "\t"} & {*visible(text)}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("a\x9b1m\x7f\0", "a\\x9b1m\\x7f\\x00"),
        (b"na\xefve".decode(errors="surrogateescape"), "na\\xefve"),
        ("\ud800", "\\ud800"),
        ("می‌روم\tباز\n", "می‌روم\tباز\n"),
    ],
)
def test_controls_and_bytes_are_shown_as_escapes(text: str, shown: str) -> None:
    assert legible(text) == shown


def test_every_line_ends_in_a_line_feed() -> None:
    assert with_line_feeds("a\rb\r\nc\n\r\rd") == "a\nb\nc\n\n\nd"


@given(TEXTS.map(visible), st.integers(1, 30))
@example("a" + "\u0301" * 30_000, 10)
@example("\u0301" * 5_000, 1)
@example("日本語" * 9, 4)
def test_a_shortened_text_fits_and_keeps_both_ends(text: str, width: int) -> None:
    short = shortened(text, width)
    assert width_of(short) == cell_len(short) <= width
    assert len(short) <= 8 * width + 1
    if short != text and "…" not in text:
        head, _, tail = short.partition("…")
        assert text.startswith(head)
        assert text.endswith(tail)


@pytest.mark.parametrize(
    ("text", "width", "short"),
    [
        ("time-machine-lstm-12", 20, "time-machine-lstm-12"),
        ("time-machine-lstm-12", 10, "time…tm-12"),
        ("日本語日本語", 7, "日…語"),
        ("abcdefe\u0301", 5, "ab…fe\u0301"),  # the accent stays with its letter
        ("abcdefghe\u0301", 4, "a…he\u0301"),
        ("abcdeff日\u0301x", 5, "ab…x"),  # and goes with it
        ("ab", 1, "…"),
    ],
)
def test_the_middle_goes(text: str, width: int, short: str) -> None:
    assert shortened(text, width) == short
