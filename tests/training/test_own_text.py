"""Settings for a text of one's own: the rule, and that what it chooses trains."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.configuration.reading import config_of, read_config
from charnn.errors import InputError
from charnn.training.own_text import (
    CHARACTERS_PER_WEIGHT,
    MOST_PASSES,
    OPERATIONS,
    RESERVE,
    OwnText,
    as_yaml,
    chosen_for,
    settings_for,
)

TEXTS = st.builds(
    OwnText,
    source=st.just("time-machine"),
    characters=st.integers(100, 10**9),
    symbols=st.integers(2, 10_000),
    validates=st.booleans(),
)
MINUTES, SPEEDS = st.floats(0.05, 1000), st.floats(1e8, 1e14)


@given(TEXTS, MINUTES, SPEEDS)
def test_it_is_always_a_configuration_that_fits_the_time_and_the_text(
    text: OwnText, minutes: float, speed: float
) -> None:
    config = config_of(settings_for(text, minutes, speed))
    hidden, passes, lanes = config.model.hidden, config.train.epochs, config.train.lanes
    assert passes is not None
    assert passes <= MOST_PASSES
    weights = 4 * hidden**2 + hidden * text.symbols
    time = OPERATIONS * weights * passes * text.characters / speed
    assert time <= 60 * minutes * (1 - RESERVE) * 1.06  # passes are rounded to two digits
    assert lanes * config.keys()["bptt.tau"].value <= text.characters
    assert 0 <= config.model.recurrent_dropout <= 0.4


def test_seven_characters_are_read_for_each_weight_of_a_long_text_and_more_of_a_short_one() -> None:
    shares = {}
    for characters in (10**8, 10**5):
        for minutes in (1, 10):
            values = settings_for(OwnText("x", characters, 80, True), minutes, 1e11)
            hidden = values["model"]["hidden"]
            shares[characters, minutes] = values["train"]["epochs"] * characters / (4 * hidden**2 + 80 * hidden)
    for minutes in (1, 10):
        assert shares[10**8, minutes] == pytest.approx(CHARACTERS_PER_WEIGHT, rel=0.35)
        assert shares[10**5, minutes] > 2 * CHARACTERS_PER_WEIGHT


def test_what_is_read_more_often_is_left_out_more_often() -> None:
    shares = [
        settings_for(OwnText("x", characters, 80, True), 5, 1e11)["model"].get("recurrent_dropout", 0)
        for characters in (10**8, 10**7, 10**6, 10**5)
    ]
    assert shares == sorted(shares)
    assert shares[0] == 0 < shares[-1]


def test_what_it_chooses_is_a_file_that_trains_the_same(tmp_path: Path) -> None:
    (tmp_path / "poem.txt").write_text("the sea shells she sells are sea shells, i am sure. " * 60)
    chosen = chosen_for(str(tmp_path / "poem.txt"), 0.05)
    file = tmp_path / "chosen.yaml"
    file.write_text(as_yaml(chosen, "poem.txt", 0.05))
    assert read_config(str(file), environment={}) == config_of(chosen)
    assert chosen["corpus"]["split"] == [0.9, 0.1]


def test_a_short_text_keeps_nothing_for_validation_and_a_tiny_one_is_refused() -> None:
    Path("short.txt").write_text("the sea shells " * 20)
    assert chosen_for("short.txt", 0.05)["corpus"]["split"] == [1.0]
    Path("tiny.txt").write_text("the sea")
    with pytest.raises(InputError, match="tiny.txt has 7 characters"):
        chosen_for("tiny.txt", 1)
