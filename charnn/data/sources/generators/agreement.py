"""Sentences whose verb agrees with a subject that stands 10 to 100 characters before it.

    The cat, which often fed the dogs that liked a red bird, was full.
    The cats near a big king were very tired.

The distance is the number of characters between the end of the subject and the verb. It is drawn evenly; then what
stands between is drawn, which never depends on the subject's number, so that only the subject's own ending tells `was`
from `were`: between them stands at least one other noun, of either number, from the words that subjects are taken from.
Some pairs of a subject and the noun that follows it are held out: no text has them, and networks are asked of them.

The same seed draws the same sentences on every machine: nothing random is used but `Random.random`, whose sequence all
versions of Python share.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from random import Random
from typing import TypeVar

DISTANCES = range(10, 101)
SINGULAR, PLURAL = "was", "were"
CLOSINGS = (", ", " ")

_NOUNS = ["bird", "boy", "cat", "dog", "king", "nurse", "rabbit", "teacher"]
# No other verb begins as the two do that are asked for.
_VERBS = ["chased", "fed", "helped", "liked", "saw"]
_ADVERBS = ["never", "often", "once"]
_PREPOSITIONS = ["behind", "by", "near", "under"]
_ADJECTIVES = ["big", "little", "red"]
_STATES = ["calm", "full", "hungry", "late", "sad", "tired"]
_DEGREES = ["", "very "]

# What may stand between subject and verb: how it opens, the rule of what it says, how it closes.
_FRAMES = [(" ", "phrase", CLOSINGS[1]), (", which ", "clause", CLOSINGS[0])]
# Each alternative of a rule: some words, of which one is taken, and the rule of what follows; none at the end.
_RULES: dict[str, list[tuple[list[str], str | None]]] = {
    "phrase": [([f"{word} " for word in _PREPOSITIONS], "others")],
    "clause": [([""], "action"), ([f"{word} " for word in _ADVERBS], "action")],
    "action": [([f"{word} " for word in _VERBS], "others")],
    "others": [(["a ", "the "], "one"), (["", "the "], "many")],
    "one": [([""], "singular"), ([f"{word} " for word in _ADJECTIVES], "singular")],
    "many": [([""], "plural"), ([f"{word} " for word in _ADJECTIVES], "plural")],
    "singular": [(_NOUNS, "more")],
    "plural": [([f"{noun}s" for noun in _NOUNS], "more")],
    "more": [([""], None), ([" "], "phrase"), ([" that "], "clause")],
}


@dataclass(frozen=True)
class Sentence:
    """A sentence, cut around its verb.

    Attributes:
        before: the text before the verb.
        closing: its end, after the last noun: a comma and a blank where a comma opened a clause, else a blank.
        plural: whether the subject is, and so the verb.
        after: the text after the verb, with the line end.
        distance: the characters between the subject and the verb.
        nearest_plural: whether the last noun before the verb is.
    """

    before: str
    closing: str
    plural: bool
    after: str
    distance: int
    nearest_plural: bool

    @property
    def verb(self) -> str:
        """The verb that agrees with the subject."""
        return PLURAL if self.plural else SINGULAR

    @property
    def text(self) -> str:
        """The whole sentence."""
        return f"{self.before}{self.verb}{self.after}"


def generate(sentences: int, seed: int) -> str:
    """The text of so many sentences, one a line."""
    return "".join(sentence.text for sentence in islice(draw_sentences(seed), sentences))


def draw_sentences(seed: int, *, held_out: bool = False) -> Iterator[Sentence]:
    """Sentences without end; a text of the others has none of those that are held out, whatever the seeds."""
    random = Random(seed)
    while True:
        plural = random.random() < 0.5
        subject = _one_of(_NOUNS, random)
        distance = _one_of(DISTANCES, random)
        frames = [frame for frame in _FRAMES if _fits(frame[1], distance - len(frame[0] + frame[2]))]
        opening, rule, closing = _one_of(frames, random)
        words = list(_drawn(rule, distance - len(opening + closing), random))
        others = [word for rule, word in words if rule in ("singular", "plural")]
        after = f" {_one_of(_DEGREES, random)}{_one_of(_STATES, random)}.\n"
        if _is_held_out(subject, others[0]) == held_out:
            before = f"The {subject}{'s' if plural else ''}{opening}{''.join(word for _, word in words)}{closing}"
            yield Sentence(before, closing, plural, after, distance, others[-1].endswith("s"))


def _is_held_out(subject: str, other: str) -> bool:
    """Whether a subject and the noun after it are one of the pairs, an eighth of all, that stand in no text.

    Of each noun there are as many such pairs, so that nothing else is changed by holding them out.
    """
    return (_NOUNS.index(subject) + _NOUNS.index(other.removesuffix("s"))) % len(_NOUNS) == 0


def _drawn(rule: str | None, length: int, random: Random) -> Iterator[tuple[str, str]]:
    """Words of that total length, each with its rule; every choice is made evenly among what can still fill it."""
    while rule is not None:
        words, follows = _one_of(_fitting(rule, length), random)
        word = _one_of(words, random)
        yield rule, word
        rule, length = follows, length - len(word)


@cache
def _fitting(rule: str, length: int) -> list[tuple[list[str], str | None]]:
    """The alternatives of a rule, with those of their words alone, that can fill a length."""
    fitting = [([word for word in words if _fits(then, length - len(word))], then) for words, then in _RULES[rule]]
    return [(words, then) for words, then in fitting if words]


def _fits(rule: str | None, length: int) -> bool:
    return length == 0 if rule is None else length >= 0 and bool(_fitting(rule, length))


_Chosen = TypeVar("_Chosen")


def _one_of(choices: Sequence[_Chosen], random: Random) -> _Chosen:
    return choices[int(random.random() * len(choices))]
