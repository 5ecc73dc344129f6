"""Overrides: a text is taken as it was said, a value is read as YAML, and what cannot be read is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.configuration.config import Config
from charnn.configuration.reading import read_config, read_settings
from charnn.errors import ConfigError

ODD_NAMES = [
    "chapter #1.txt", "[draft].txt", "{a}.txt", "null", "1e5", "true", "@at.txt", "a: b", "- list", "!tag", "&x",
    "*x", "%y", "'quoted'", '"quoted"', " blanks ", "back\\slash", "`tick`", "a\tb", "?", "|", ">", "é\u0301", "۱۲۳",
]  # fmt: skip


def read(text: str, *settings: str, **environment: str) -> Config:
    Path("a.yaml").write_text(text)
    return read_config("a.yaml", settings, environment)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_text_is_taken_byte_for_byte(name: str) -> None:
    by_setting = read("corpus: {source: old.txt}", f"corpus.source={name}")
    by_environment = read("corpus: {source: old.txt}", CHARNN_CORPUS_SOURCE=name)
    assert by_setting.corpus.source == by_environment.corpus.source == str(Path.cwd() / name)
    assert read("corpus: {source: old.txt}", f"corpus.text={name}").corpus.text == name


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_the_setting_and_the_yaml_of_a_run(text: str) -> None:
    config = read_settings(f"corpus.text={text}", "corpus.split=[1]")
    assert config.corpus.text == text
    path = Path("resolved.yaml")
    path.write_bytes(config.to_yaml().encode())
    assert read_config(str(path), environment={}) == config


def test_null_clears_what_may_be_null() -> None:
    text = "corpus: {text: abc, split: [1]}\nmodel: {embedding: 3}\ntrain: {precision: bfloat16, validate_every: 5}"
    config = read(text, "model.embedding=null", "train.precision=null", CHARNN_TRAIN_VALIDATE_EVERY="null")
    assert config.model.embedding is config.train.precision is config.train.validate_every is None


def test_null_is_a_word_where_nothing_else_is_taken() -> None:
    for key in ("model.cell", "optimizer.name", "train.loss", "bptt.engine"):
        with pytest.raises(ConfigError, match="null") as raised:
            read_settings("corpus.text=abc", f"{key}=null")
        assert [problem.place for problem in raised.value.problems] == ["--set"]


@pytest.mark.parametrize("cleared", ["epochs", "minutes"])
def test_a_length_that_is_cleared_clears_no_other(cleared: str) -> None:
    config = read("corpus: {text: abc}\ntrain: {epochs: 4}", "train.steps=3", f"train.{cleared}=null")
    assert config.train.length.model_dump(exclude_none=True) == {"steps": 3}


def test_a_text_that_is_cleared_leaves_the_source() -> None:
    config = read("corpus: {source: a.txt, text: null}")
    assert config.corpus.source == str(Path.cwd() / "a.txt")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("train.steps=[3", r"--set: train.steps: `\[3` cannot be read: not YAML"),
        ("train.steps=#3", "--set: train.steps: `#3` cannot be read: what follows # is a comment"),
        ("train.steps=@3", "--set: train.steps: `@3` cannot be read: not YAML"),
        ("model={", "--set: model: `{` cannot be read"),
        ("corpus.source=\udcff.txt", "--set: corpus.source: is not UTF-8"),
        ("model.hiden=[", "--set: model.hiden: unknown key .did you mean `hidden`"),
        ("modle.hidden=3", "--set: modle: unknown section .did you mean `model`"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_setting(setting: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_settings("corpus.text=abc", setting)


def test_a_setting_beats_the_environment_and_the_environment_the_file() -> None:
    text = "corpus: {text: abc}\nmodel: {hidden: 1}\nbptt: {tau: 1}\ntrain: {lanes: 1}"
    config = read(text, "model.hidden=3", CHARNN_MODEL_HIDDEN="2", CHARNN_TRAIN_LANES="2")
    assert (config.model.hidden, config.train.lanes) == (3, 2)


def test_a_word_of_a_part_is_a_text_too() -> None:
    config = read_settings("corpus.text=abc", "model.cell=min-gru", "model.activation=g")
    assert config.model.cell.model_dump() == {"activation": "g"}
