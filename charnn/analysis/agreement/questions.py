"""Questions about a sentence's beginning: which of two ends is right?

A question is about the verb, `was␣` or `were␣`, which depends on the number of the subject; or about the comma, `,␣w`
or `␣w`, which depends on whether a comma opened a clause. What is read before it takes in the whole sentence and some
of the one before, so that the state is carried across the line end, as in training. None of the sentences occurs in a
text of the corpus.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from charnn.data.sources.generators.agreement import CLOSINGS, PLURAL, SINGULAR, Sentence, draw_sentences

# The beginning of a sentence, up to its verb, has at most 112 characters.
READ = 200
_CLOSING = max(map(len, CLOSINGS))


@dataclass(frozen=True)
class Question:
    """A sentence, the characters that are read, and the two ends.

    Attributes:
        sentence: the sentence.
        before: what is read.
        right: the end that is right.
        wrong: the end that would be right if the sentence had begun differently.
    """

    sentence: Sentence
    before: str
    right: str
    wrong: str


def ask(count: int, seed: int, *, comma: bool = False) -> list[Question]:
    """Questions about the verb or about the comma; the same seed asks about the same sentences."""
    return list(islice(_questions(seed, comma), count))


def _questions(seed: int, comma: bool) -> Iterator[Question]:
    text = ""
    for sentence in draw_sentences(seed, held_out=True):
        before = text + sentence.before
        if len(before) >= READ + _CLOSING:
            yield _about_comma(sentence, before) if comma else _about_verb(sentence, before)
        text = (before + sentence.verb + sentence.after)[-READ - _CLOSING :]


def _about_verb(sentence: Sentence, before: str) -> Question:
    right, wrong = (f"{verb} " for verb in _ordered((SINGULAR, PLURAL), sentence.verb))
    return Question(sentence, before[-READ:], right, wrong)


def _about_comma(sentence: Sentence, before: str) -> Question:
    right, wrong = (f"{closing}{sentence.verb[0]}" for closing in _ordered(CLOSINGS, sentence.closing))
    return Question(sentence, before.removesuffix(sentence.closing)[-READ:], right, wrong)


def _ordered(pair: tuple[str, str], first: str) -> tuple[str, str]:
    return pair if pair[0] == first else (pair[1], pair[0])
