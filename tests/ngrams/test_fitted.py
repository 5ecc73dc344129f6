"""`charnn.ngrams.fit`: what it returns is what `charnn ngram-stats` prints."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import charnn
from charnn.errors import CharnnError, InputError
from tests.cli.conftest import Charnn
from tests.cli.conftest import charnn as command  # noqa: F401 (a fixture)

TEXT = "the sea shells she sells are sea shells, i am sure. " * 8
MODELS = ("add-k", "kneser-ney", "mixture", "modified-kneser-ney", "witten-bell")


@pytest.mark.parametrize("name", MODELS)
def test_samples_are_those_of_the_command(name: str, command: Charnn) -> None:  # noqa: F811
    Path("text.txt").write_text(TEXT)
    options = ["--level", "character", "--order", 4, "--model", name, "--sample", 60, "--prime", "she", "--seed", 2]
    drawn = command("ngram-stats", "text.txt", *options)
    assert charnn.ngrams.fit(TEXT, name, 4).sample("she", length=60, seed=2) + "\n" == drawn.text, drawn.err


@pytest.mark.parametrize("name", MODELS)
def test_what_may_come_next_sums_to_one_and_agrees_with_the_score(name: str) -> None:
    model, text = charnn.ngrams.fit(TEXT, name, order=3), "she sells"
    total = 0.0
    for place in range(1, len(text)):
        after = model.next(text[:place])
        assert sum(after.values()) == pytest.approx(1)
        total -= math.log(after[text[place]])
    assert model.score(text).nats == pytest.approx(total / (len(text) - 1))
    assert [one.order for one in model.scores(text)] == [1, 2, 3]


def test_options_units_and_orders() -> None:
    assert charnn.ngrams.fit("ab", order=9).order == 2
    assert (
        charnn.ngrams.fit(TEXT, "add-k", 2, k=0.5).score("she").nats
        != charnn.ngrams.fit(TEXT, "add-k", 2).score("she").nats
    )
    assert set(charnn.ngrams.fit("سلام", "add-k", 1, unit="byte").next()) >= {"\\xd8"}
    assert repr(charnn.ngrams.fit("abab", "witten-bell", 2)).startswith("<witten-bell model of order 2: ")


def test_what_cannot_be_is_said() -> None:
    with pytest.raises(CharnnError, match="did you mean `mixture`"):
        charnn.ngrams.fit(TEXT, "mixtur")
    with pytest.raises(CharnnError, match="order"):
        charnn.ngrams.fit(TEXT, order=0)
    with pytest.raises(InputError, match="needs at least 2"):
        charnn.ngrams.fit("a")
    with pytest.raises(CharnnError, match="kk"):
        charnn.ngrams.fit(TEXT, "add-k", kk=1)
    with pytest.raises(InputError, match="the text"):
        charnn.ngrams.fit(TEXT).score("Ω!")
