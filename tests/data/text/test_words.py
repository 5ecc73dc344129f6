"""What a word is."""

from __future__ import annotations

import re
from typing import get_args

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from charnn.data.text.levels import Tokenizer
from charnn.data.text.words import TOKENIZERS, default_tokenizer, letters, unicode_words, whitespace


def test_letters_are_ascii_and_lower_cased() -> None:
    assert letters("Don't stop—it's 3 O'CLOCK, née!") == [
        b"don",
        b"t",
        b"stop",
        b"it",
        b"s",
        b"o",
        b"clock",
        b"n",
        b"e",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("‘Don't’ stop — l’été, O'Neill's 'tis", ["don't", "stop", "l’été", "o'neill's", "tis"]),
        ("می‌خواهم «کتاب‌ها» را ۱۲ بار", ["می‌خواهم", "کتاب‌ها", "را", "۱۲", "بار"]),
        ("الا یا اَیُّهَا السّاقی", ["الا", "یا", "اَیُّهَا", "السّاقی"]),
        ("e\u0301t e\u0301", ["e\u0301t", "e\u0301"]),
        ("\u200cا\u200c \u200c", ["ا"]),
        ("snake_case x-ray 3.14", ["snake", "case", "x", "ray", "3", "14"]),
        ("ÅNGSTRÖM ΣΊΣΥΦΟΣ", ["ångström", "σίσυφος"]),
        ("", []),
        ("…", []),
    ],
)
def test_unicode_words(text: str, words: list[str]) -> None:
    assert unicode_words(text) == words


def test_whitespace_leaves_words_as_they_are() -> None:
    assert whitespace("Don't\tstop,\u00a0now!\n") == ["Don't", "stop,", "now!"]


@given(st.text())
def test_letters_are_what_the_usual_expression_finds(text: str) -> None:
    assert [word.decode() for word in letters(text)] == [word.lower() for word in re.findall("[A-Za-z]+", text)]


def test_every_rule_has_its_name_and_the_text_chooses_one() -> None:
    assert list(TOKENIZERS) == list(get_args(Tokenizer))
    assert (default_tokenizer(is_ascii=True), default_tokenizer(is_ascii=False)) == ("letters", "unicode-words")


PART = r"[\p{L}\p{M}\p{N}]"


@given(st.text("aB1'’\u200c\u200d\u0301 ,ک\n") | st.text())
def test_unicode_words_are_what_a_slow_expression_finds(text: str) -> None:
    assert unicode_words(text) == regex.findall(rf"{PART}+(?:['’\u200c\u200d]{PART}+)*", text.lower())
