"""How examples are divided: every input once, by its share or its place, and by nothing else."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from charnn.data.examples.splits import PARTS, Rule, Shares, parts_of
from charnn.data.examples.table import Example

INPUTS = [f"input {number}" for number in range(1000)]


@given(
    st.lists(st.text(max_size=3), unique=True, max_size=60), st.sampled_from([(1.0,), (0.9, 0.1), (0.72, 0.08, 0.2)])
)
def test_every_input_is_in_one_part(inputs: list[str], shares: tuple[float, ...]) -> None:
    for split in (Shares(shares, 1), Rule(5, [0], [1, 2])):
        assert [*split.parts(inputs)] == [*inputs] or {*split.parts(inputs)} == {*inputs}
        assert {*split.parts(inputs).values()} <= {*PARTS}


def test_the_parts_have_their_shares() -> None:
    counts = Counter(Shares((0.72, 0.08, 0.2), 1).parts(INPUTS).values())
    assert counts == {"train": 720, "validation": 80, "test": 200}
    assert Counter(Shares((1.0,), 1).parts(INPUTS).values()) == {"train": 1000}


def test_a_seed_draws_the_parts_and_another_draws_others() -> None:
    first, again, other = (Shares((0.5, 0.5), seed).parts(INPUTS) for seed in (1, 1, 2))
    assert first == again
    assert 400 < sum(first[text] != other[text] for text in INPUTS) < 600


def test_a_row_that_names_its_part_lies_there_also_with_a_label_of_its_own() -> None:
    rows = [Example(number, f"{number}", "ab"[number % 2], part="train") for number in range(4)]
    rows += [Example(4, "4", "alone", part="validation"), Example(5, "5", "lone")]
    assert parts_of("a table", rows, Shares((0.5, 0.5), 1), trained={4, 5}) == [0, 0, 0, 0, 1, 0]


def test_a_rule_counts_in_the_order_of_the_file() -> None:
    found = Rule(20, [0], [1, 2]).parts(INPUTS)
    for number, text in enumerate(INPUTS):
        assert found[text] == {0: "validation", 1: "test", 2: "test"}.get(number % 20, "train")
