"""The format of a configuration: later keys and later defaults break no older run."""

from __future__ import annotations

from pathlib import Path

import pytest

from charnn.configuration import formats
from charnn.configuration.config import Config
from charnn.configuration.formats import END, FORMAT, complete
from charnn.configuration.reading import config_of, read_config
from charnn.errors import ConfigError

TEXT = "corpus: {text: hello}\n"


@pytest.fixture
def _other_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if format 0 had meant another number of hidden units, and no clipping."""
    monkeypatch.setattr(formats, "_DEFAULTS", {0: {"model.hidden": 7, "clip.by": "none"}})


def read(text: str, *settings: str) -> Config:
    Path("config.yaml").write_text(text)
    return read_config("config.yaml", settings, {})


@pytest.mark.usefixtures("_other_defaults")
def test_a_resolved_configuration_without_a_format_is_of_format_0() -> None:
    """Its last line tells that charnn wrote it; what somebody writes today has today's defaults."""
    for text, hidden, by in (
        (TEXT, 256, "norm"),
        (TEXT + END, 7, "none"),
        ("format: 0\n" + TEXT, 7, "none"),
        (f"format: {FORMAT}\n" + TEXT + END, 256, "norm"),
        (f"format: {FORMAT}\n" + TEXT, 256, "norm"),
    ):
        config = read(text)
        assert (config.model.hidden, config.clip.by) == (hidden, by), text
        assert config.values()["format"] == FORMAT
        assert read(config.to_yaml() + END) == config, "it is written with the keys that its format left out"


@pytest.mark.usefixtures("_other_defaults")
def test_what_is_written_beats_the_default_of_the_format() -> None:
    assert read(TEXT + "model: {hidden: 3}\n" + END).model.hidden == 3
    assert read(TEXT + "model: {layers: 2}\n" + END).model.hidden == 7
    assert read(TEXT + END, "model.hidden=5").model.hidden == 5
    assert config_of({"format": 0, "corpus": {"text": "x"}}).model.hidden == 7
    assert config_of({"corpus": {"text": "x"}}).model.hidden == 256


def test_a_document_is_completed_with_the_defaults_of_every_format_since_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a key meant in its own format goes before what it meant later."""
    monkeypatch.setattr(formats, "FORMAT", 3)
    monkeypatch.setattr(
        formats, "_DEFAULTS", {0: {"a.x": 0, "a.y": 0}, 1: {"a.x": 1, "b.z": 1}, 2: {"a.x": 2, "c.w": 2}}
    )
    for written, expected in (
        (0, {"a": {"x": 0, "y": 0}, "b": {"z": 1}, "c": {"w": 2}}),
        (1, {"a": {"x": 1}, "b": {"z": 1}, "c": {"w": 2}}),
        (2, {"a": {"x": 2}, "c": {"w": 2}}),
        (3, {}),
    ):
        values: dict[str, object] = {}
        complete(values, written)
        assert values == expected


def test_a_section_that_is_not_a_mapping_is_left_for_the_schema_to_refuse() -> None:
    values: dict[str, object] = {"model": 5}
    complete(values, 0)
    assert values["model"] == 5


@pytest.mark.parametrize("written", [FORMAT + 1, -1, "new", "true", 1.5, "null"])
def test_a_format_that_is_not_known_is_refused_with_its_line(written: object) -> None:
    with pytest.raises(ConfigError, match=f"line 2: format: must be a number from 0 to {FORMAT}; a higher one is of a"):
        read(f"{TEXT}format: {written}\n")
