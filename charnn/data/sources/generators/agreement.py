"""Sentences whose verb agrees with a subject 10 to 100 characters before it.

    The cat, which often fed the dogs that liked a red bird, was full.
    The cats near a big king were very tired.

The distance is the number of characters between the end of the subject and the verb. It is drawn uniformly. Then the
words between are drawn, independently of the subject's number, so that only the ending of the subject tells whether the
verb is `was` or `were`. Among these words is at least one other noun, singular or plural, from the same list as the
subjects. Some pairs of a subject and the noun after it are held out: no text contains them, and networks are tested on
them.

A graded text is easier to begin with: in a quarter of its sentences the verb follows at once, and in the others a
distance is the likelier the shorter it is, p(d) ∝ 1/d, so that what is learned over ten characters can be stretched
to a hundred.

    The cats were tired.

The same seed gives the same sentences on every machine: the only source of randomness is `Random.random`, whose
sequence is the same in all versions of Python.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from random import Random

from charnn.configuration.types import Count, Whole
from charnn.data.sources.generators import Generator, choose

DISTANCES = range(10, 101)
SINGULAR, PLURAL = "was", "were"
CLOSINGS = (", ", " ")
_AT_ONCE = 0.25

_NOUNS = ["bird", "boy", "cat", "dog", "king", "nurse", "rabbit", "teacher"]
# None of them begins like `was` and `were`.
_VERBS = ["chased", "fed", "helped", "liked", "saw"]
_ADVERBS = ["never", "often", "once"]
_PREPOSITIONS = ["behind", "by", "near", "under"]
_ADJECTIVES = ["big", "little", "red"]
_STATES = ["calm", "full", "hungry", "late", "sad", "tired"]
_DEGREES = ["", "very "]

# What may come between subject and verb: how it opens, the rule of its words, how it closes.
_FRAMES = [(" ", "phrase", CLOSINGS[1]), (", which ", "clause", CLOSINGS[0])]
# The alternatives of each rule: words, one of which is chosen, and the rule of what follows; None ends the phrase.
_RULES: dict[str, list[tuple[list[str], str | None]]] = {
    "phrase": [([f"{word} " for word in _PREPOSITIONS], "others")],
    "clause": [([""], "action"), ([f"{word} " for word in _ADVERBS], "action")],
    "action": [([f"{word} " for word in _VERBS], "others")],
    "others": [(["a ", "the "], "noun"), (["", "the "], "nouns")],
    "noun": [([""], "singular"), ([f"{word} " for word in _ADJECTIVES], "singular")],
    "nouns": [([""], "plural"), ([f"{word} " for word in _ADJECTIVES], "plural")],
    "singular": [(_NOUNS, "more")],
    "plural": [([f"{noun}s" for noun in _NOUNS], "more")],
    "more": [([""], None), ([" "], "phrase"), ([" that "], "clause")],
}


@dataclass(frozen=True)
class Sentence:
    """A sentence, split at its verb.

    Attributes:
        before: the text before the verb.
        closing: the end of `before`, after its last noun: a comma and a space if a comma opened a clause, else a space.
        plural: whether the subject, and so the verb, is plural.
        after: the text after the verb, with the line end.
        distance: the number of characters between the subject and the verb.
        nearest_plural: whether the last noun before the verb is plural.
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


class Agreement(Generator):
    """How many sentences, one a line, the seed that they are drawn by, and whether they are graded."""

    sentences: Count
    seed: Whole
    graded: bool = False

    def generate(self) -> str:
        """See `Generator`."""
        sentences = draw_sentences(self.seed, graded=self.graded)
        return "".join(sentence.text for sentence in islice(sentences, self.sentences))


def draw_sentences(seed: int, *, held_out: bool = False, graded: bool = False) -> Iterator[Sentence]:
    """Sentences without end: those of the texts, or those that are held out, which no text contains for any seed."""
    random = Random(seed)
    while True:
        plural = random.random() < 0.5
        subject = choose(_NOUNS, random)
        if graded and random.random() < _AT_ONCE:
            before, after = (
                f"The {subject}{'s' if plural else ''} ",
                f" {choose(_DEGREES, random)}{choose(_STATES, random)}.\n",
            )
            yield Sentence(before, CLOSINGS[1], plural, after, 1, plural)
            continue
        distance = _graded_distance(random) if graded else choose(DISTANCES, random)
        frames = [frame for frame in _FRAMES if _fits(frame[1], distance - len(frame[0] + frame[2]))]
        opening, rule, closing = choose(frames, random)
        words = list(_draw_words(rule, distance - len(opening + closing), random))
        others = [word for rule, word in words if rule in ("singular", "plural")]
        after = f" {choose(_DEGREES, random)}{choose(_STATES, random)}.\n"
        if _is_held_out(subject, others[0]) == held_out:
            before = f"The {subject}{'s' if plural else ''}{opening}{''.join(word for _, word in words)}{closing}"
            yield Sentence(before, closing, plural, after, distance, others[-1].endswith("s"))


def _graded_distance(random: Random) -> int:
    """A distance d with a probability ∝ 1/d."""
    left = random.random() * sum(1 / d for d in DISTANCES)
    for d in DISTANCES:
        left -= 1 / d
        if left < 0:
            return d
    return DISTANCES[-1]


def _is_held_out(subject: str, other: str) -> bool:
    """Whether a subject and the noun after it are one of the pairs, an eighth of all, that no text contains.

    Each noun is in equally many such pairs, so that the frequencies of the nouns do not change.
    """
    return (_NOUNS.index(subject) + _NOUNS.index(other.removesuffix("s"))) % len(_NOUNS) == 0


def _draw_words(rule: str | None, length: int, random: Random) -> Iterator[tuple[str, str]]:
    """Words of this total length, each with its rule; every choice is uniform among what can still fill the length."""
    while rule is not None:
        words, follows = choose(_fitting(rule, length), random)
        word = choose(words, random)
        yield rule, word
        rule, length = follows, length - len(word)


@cache
def _fitting(rule: str, length: int) -> list[tuple[list[str], str | None]]:
    """The alternatives of a rule that can fill a length, with only those of their words that can."""
    fitting = [([word for word in words if _fits(then, length - len(word))], then) for words, then in _RULES[rule]]
    return [(words, then) for words, then in fitting if words]


def _fits(rule: str | None, length: int) -> bool:
    return length == 0 if rule is None else length >= 0 and bool(_fitting(rule, length))
