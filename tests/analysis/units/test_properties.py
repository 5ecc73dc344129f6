"""Properties of a text, on texts where they can be read off."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.analysis.units.properties import PROPERTIES, find_property
from charnn.errors import UsageError


def marks(name: str, text: str) -> str:
    """The property as a digit for each character."""
    return "".join(f"{value:.0f}" for value in find_property(name).measure(list(text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a "bc" d', "00111000"),
        ("a “bc” d", "00111000"),
        ("„so“ «so»", "111001110"),
        ('“a ‘b’ "c" d” e', "111111111111000"),
        ("don’t 'a'", "000000000"),
        ("”a“b", "0011"),
        # Open to the end of the paragraph, and opened again in the next.
        ('"a\n\n"b" c', "111011000"),
        ('"a\nb" c', "1111000"),
        ('"a\r\n\r\nb"c', "111100011"),
        ('"a\r\nb" c', "11111000"),
        ('"a\n \nb', "111100"),
    ],
)
def test_inside_quotation(text: str, expected: str) -> None:
    assert marks("quotation", text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a(b)c", "01100"),
        ("((a)b)c", "1111100"),
        ("([a)b", "11100"),
        ("a)b(c", "00011"),
        ("(a\n\nb", "11100"),
        ("(a]b)", "11110"),
    ],
)
def test_inside_brackets(text: str, expected: str) -> None:
    assert marks("brackets", text) == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("position", "ab\n\ncd\r\n", "12001200"),
        ("capital", "ABc dE", "011000"),
        ("capital", "سلام", "0000"),
        ("word-length", "don't go_a2-b", "1233401201201"),
        ("word-length", "می‌روم", "122345"),
        ("word-length", "خُدا", "1123"),
        ("word-length", "'a' b", "01101"),
    ],
)
def test_other_properties(name: str, text: str, expected: str) -> None:
    assert marks(name, text) == expected


def test_grapheme_clusters_are_symbols_too() -> None:
    assert find_property("word-length").measure(["خُ", "دا", "\r\n", "ا"]).tolist() == [1, 2, 0, 1]
    assert find_property("quotation").measure(["“", "a", "\r\n", "\r\n", "b"]).tolist() == [1, 1, 1, 0, 0]


@pytest.mark.parametrize("name", list(PROPERTIES))
@given(text=st.text(st.sampled_from("ab A\n\r\"“”«»()[] 'ُ\u200c"), max_size=40))
def test_every_property_is_causal(name: str, text: str) -> None:
    """What has been read decides; what comes later changes nothing, and binary ones are 0 or 1."""
    found = find_property(name)
    values = found.measure(list(text))
    assert values.shape == (len(text),)
    assert values.dtype == np.float64
    assert not found.binary or set(values) <= {0, 1}
    for length in range(len(text)):
        assert (found.measure(list(text[:length])) == values[:length]).all()


def test_an_unknown_property_is_refused() -> None:
    with pytest.raises(UsageError, match=r"unknown property `quotaton` \(did you mean `quotation`"):
        find_property("quotaton")
