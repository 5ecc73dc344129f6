"""What a specification means, and what is said of one that means nothing."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.errors import CharnnError, ConfigError
from charnn.experiments.specification import Range, Specification, read_experiment

BASE = "corpus: {text: the sea shells she sells, split: [0.8, 0.2]}\nmodel: {cell: rnn, hidden: 4}\ntrain: {lanes: 1}\n"


def written(text: str) -> Path:
    Path("base.yaml").write_text(BASE)
    path = Path("spec.yaml")
    path.write_text(text)
    return path


def test_a_grid_is_every_combination_and_lists_that_go_together_one_axis() -> None:
    specification = Specification.model_validate(
        {
            "base": "x",
            "grid": {"model.cell": ["rnn", "gru"], "bptt.tau": [5, 9]},
            "together": [{"model.hidden": [8, 16], "optimizer.learning_rate": [0.1, 0.2]}],
        }
    )
    variants = specification.variants()
    assert len(variants) == 8
    assert {(one["model.hidden"], one["optimizer.learning_rate"]) for one in variants} == {(8, 0.1), (16, 0.2)}
    assert variants[0] == {
        "model.cell": "rnn",
        "bptt.tau": 5,
        "model.hidden": 8,
        "optimizer.learning_rate": 0.1,
    }


def test_seeds_are_a_number_or_a_list() -> None:
    assert Specification.model_validate({"base": "x", "seeds": 3}).seeds == [1, 2, 3]
    assert Specification.model_validate({"base": "x", "seeds": [7, 5]}).seeds == [7, 5]


def test_every_trial_has_a_folder_of_its_own_one_thread_and_its_seed() -> None:
    path = written("base: base.yaml\ngrid: {model.cell: [rnn, gru]}\nset: {model.hidden: 6}\nseeds: 2\n")
    trials = read_experiment(path).trials(Path("out"))
    assert [trial.label for trial in trials] == [
        *("cell rnn, seed 1", "cell gru, seed 1", "cell rnn, seed 2", "cell gru, seed 2"),
    ]
    assert len({trial.folder for trial in trials}) == 4
    assert {trial.config.train.threads for trial in trials} == {1}
    assert {trial.config.model.hidden for trial in trials} == {6}
    assert [trial.config.train.seed for trial in trials] == [1, 1, 2, 2]


def test_the_same_training_has_the_same_folder_wherever_its_text_lies(tmp_path: Path) -> None:
    spec, base = "base: base.yaml\n", "corpus: {{source: {}}}\nmodel: {{cell: rnn, hidden: 4}}\n"
    folders = []
    for home in (tmp_path / "one", tmp_path / "other"):
        home.mkdir()
        (home / "text.txt").write_text("the sea " * 40)
        (home / "base.yaml").write_text(base.format("text.txt"))
        (home / "spec.yaml").write_text(spec)
        (trial,) = read_experiment(home / "spec.yaml").trials(Path("out"))
        folders.append(trial.folder)
    assert folders[0] == folders[1]
    (tmp_path / "other/text.txt").write_text("the sea " * 41)
    from charnn.experiments import trial as module

    module._sha256_of.cache_clear()
    (changed,) = read_experiment(tmp_path / "other/spec.yaml").trials(Path("out"))
    assert changed.folder != folders[0]


@given(st.integers(0, 1000))
def test_numbers_are_drawn_from_their_range(seed: int) -> None:
    rng = random.Random(seed)
    assert 1e-3 <= Range(low=1e-3, high=1e-1, scale="log").draw(rng) <= 1e-1
    whole = Range(low=64, high=512, scale="log").draw(rng)
    assert isinstance(whole, int)
    assert 64 <= whole <= 512
    assert -2.5 <= Range(low=-2.5, high=3.0).draw(rng) <= 3


def test_drawn_variants_differ_and_follow_the_seed() -> None:
    specification = Specification.model_validate(
        {"base": "x", "search": {"model.cell": ["rnn", "gru"], "model.hidden": {"low": 4, "high": 6}}}
    )
    drawn = specification.drawn(6, 1)
    assert len({repr(one) for one in drawn}) == 6
    assert drawn == specification.drawn(6, 1)
    assert drawn != specification.drawn(6, 2)
    assert len(specification.drawn(50, 1)) == 6  # there are no more


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("grid: {model.cell: [rnn]}", "base"),
        ("base: base.yaml\ngrid: {model.cell: []}", "model.cell"),
        ("base: base.yaml\ngrid: {train.seed: [1]}", "is what `seeds` says"),
        ("base: base.yaml\nset: {model.cell: rnn}\ngrid: {model.cell: [rnn]}", "stands in two places"),
        ("base: base.yaml\nseeds: [1, 1]", "names a seed twice"),
        ("base: base.yaml\ntogether: [{a.b: [1, 2], c.d: [1]}]", "must be of one length"),
        ("base: base.yaml\ngird: {model.cell: [rnn]}", "gird: unknown key (did you mean `grid`?)"),
        ("base: base.yaml\nsearch: {a.b: {low: 2, high: 1}}", "`low` must be below `high`"),
        ("base: base.yaml\nsearch: {a.b: {low: 0, high: 1, scale: log}}", "above 0 on a logarithmic scale"),
        ("base: base.yaml\ngrid: {a.b: [1]}\nsearch: {c.d: [1]}", "takes the place of"),
        ("- base", "mapping"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=r"spec\.yaml") as error:
        read_experiment(written(text))
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("base: bass.yaml", "no configuration `bass.yaml`"),
        ("base: base.yaml\ngrid: {model.cell: [rnn, grv]}", "grv"),
        ("base: base.yaml\nset: {corpus.source: '-'}", "put it into a file"),
        ("base: base.yaml\nset: {corpus.source: nowhere.txt}", "nowhere.txt"),
        ("base: base.yaml\nset: {corpus.split: [1.0]}", "no part for it"),
    ],
)
def test_what_cannot_be_trained_is_said_before_anything_is_trained(text: str, said: str) -> None:
    with pytest.raises(CharnnError) as error:
        read_experiment(written(text)).trials(Path("out"))
    assert said in str(error.value)
    assert not Path("out").exists()
