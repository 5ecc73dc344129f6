"""The generated corpus `agreement`: only the ending of the subject tells which verb follows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice, pairwise

import pytest

from charnn.data.sources.generators.agreement import DISTANCES, PLURAL, SINGULAR, Agreement, Sentence, draw_sentences
from charnn.data.sources.opening import read_text

SENTENCES = list(islice(draw_sentences(1), 30_000))


def is_chance(right: Sequence[bool]) -> bool:
    """Whether a share is one half, within four standard errors."""
    return abs(sum(right) / len(right) - 0.5) < 4 * 0.5 / math.sqrt(len(right))


def between(sentence: Sentence) -> str:
    return sentence.before[-sentence.distance :]


def test_the_corpus_needs_no_network_and_is_the_same_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARNN_CORPORA", "")
    text = read_text("agreement")  # verified by the manifest's SHA-256
    assert text.data.decode() == "".join(sentence.text for sentence in SENTENCES)
    assert (
        Agreement(sentences=3, seed=1).generate()
        == text.data.decode()[: len(Agreement(sentences=3, seed=1).generate())]
    )
    assert Agreement(sentences=3, seed=2).generate() != Agreement(sentences=3, seed=1).generate()


def test_the_distance_is_between_the_subject_and_its_verb() -> None:
    for sentence in SENTENCES[:2000]:
        subject = sentence.text.split()[1].rstrip(",")
        assert sentence.text.startswith(f"The {subject}{between(sentence)}{sentence.verb} ")
        assert subject.endswith("s") == sentence.plural
        assert sentence.verb == (PLURAL if sentence.plural else SINGULAR)
        assert sentence.text.split().count("was") + sentence.text.split().count("were") == 1


def test_distances_are_spread_evenly() -> None:
    counts = Counter(sentence.distance for sentence in SENTENCES)
    assert sorted(counts) == list(DISTANCES) == list(range(10, 101))
    expected = len(SENTENCES) / len(DISTANCES)
    chi_squared = sum((count - expected) ** 2 / expected for count in counts.values())
    assert abs(chi_squared - 90) < 4 * math.sqrt(2 * 90)


def test_nouns_of_both_numbers_come_last_at_every_distance() -> None:
    for distance in DISTANCES:
        here = [sentence for sentence in SENTENCES if sentence.distance == distance]
        shares = Counter((sentence.plural, sentence.nearest_plural) for sentence in here)
        assert all(shares[subject, nearest] > 0.1 * len(here) for subject in (0, 1) for nearest in (0, 1))


@pytest.mark.parametrize(
    "guess",
    [
        lambda sentence: sentence.nearest_plural,
        lambda sentence: between(sentence).count("s ") > 1,
        lambda sentence: between(sentence).startswith(", which"),
        lambda sentence: sentence.distance % 2 == 0,
        lambda sentence: sentence.distance > 55,
        lambda sentence: sentence.before[4] < "h",
        lambda sentence: len(sentence.after) > 10,
    ],
)
def test_no_rule_without_the_subject_is_better_than_chance(guess: Callable[[Sentence], bool]) -> None:
    assert is_chance([guess(sentence) == sentence.plural for sentence in SENTENCES])
    # And the number of a sentence tells nothing of the next one.
    assert is_chance([guess(before) == after.plural for before, after in pairwise(SENTENCES)])


@pytest.mark.parametrize("characters", [1, 2, 3, 5, 8, 12, 20, 100])
def test_no_n_gram_that_ends_before_the_subject_is_better_than_chance(characters: int) -> None:
    """The verb that was more frequent after the same characters in the one half, guessed in the other half."""
    votes: Counter[str] = Counter()
    for sentence in SENTENCES[::2]:
        votes[between(sentence)[-characters:]] += 1 if sentence.plural else -1
    asked = [sentence for sentence in SENTENCES[1::2] if votes[between(sentence)[-characters:]]]
    assert len(asked) > 50
    assert is_chance([(votes[between(sentence)[-characters:]] > 0) == sentence.plural for sentence in asked])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_is_held_out_is_in_no_text(seed: int) -> None:
    held_out = list(islice(draw_sentences(seed, held_out=True), 5000))
    assert not {sentence.before for sentence in held_out} & {sentence.before for sentence in SENTENCES}
    # Without holding them out some would: the least distance leaves no room for much.
    assert {sentence.before for sentence in islice(draw_sentences(7), 5000)} & {s.before for s in SENTENCES}
    words = {word for sentence in SENTENCES for word in sentence.text.split()}
    assert {word for sentence in held_out for word in sentence.text.split()} <= words
    assert is_chance([sentence.nearest_plural == sentence.plural for sentence in held_out])
    assert len({sentence.distance for sentence in held_out}) == len(DISTANCES)


def test_a_graded_text_has_the_verb_at_once_or_at_a_distance_that_is_likelier_the_shorter_it_is() -> None:
    """A quarter of the sentences, and p(d) ∝ 1/d; else it is as the other text."""
    graded = list(islice(draw_sentences(1, graded=True), 40_000))
    assert read_text("agreement-graded").data.decode() == "".join(sentence.text for sentence in graded)
    at_once = [sentence for sentence in graded if sentence.distance == 1]
    # An eighth of the others is held out.
    assert len(at_once) / len(graded) == pytest.approx(0.25 / (0.25 + 0.75 * 7 / 8), abs=0.01)
    others = [sentence for sentence in graded if sentence.distance > 1]
    # A little off, because how often a pair is held out depends on which nouns fit into a distance.
    whole = sum(1 / d for d in DISTANCES)
    for first in range(10, 100, 10):
        share = sum(first <= sentence.distance < first + 10 for sentence in others) / len(others)
        assert share == pytest.approx(sum(1 / d for d in range(first, first + 10)) / whole, abs=0.01)
    for sentence in graded[:3000]:
        subject = sentence.text.split()[1].rstrip(",")
        assert sentence.text.startswith(f"The {subject}{between(sentence)}{sentence.verb} ")
        assert subject.endswith("s") == sentence.plural
    held_out = {sentence.text for sentence in islice(draw_sentences(1, held_out=True), 3000)}
    assert not held_out & {sentence.text for sentence in graded}
