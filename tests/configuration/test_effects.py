"""What a key has an effect on: which keys may change when a training is resumed, and which tell runs apart."""

from __future__ import annotations

from typing import Any

import pytest

from charnn.analysis.comparison.differences import telling_keys
from charnn.configuration.checking import CHOICES, SECTIONS
from charnn.configuration.config import Config, Key
from charnn.configuration.families import family
from charnn.configuration.reading import read_settings
from charnn.configuration.sections import schema_of
from charnn.configuration.types import Effect, Section
from charnn.tasks import TASKS
from tests.configuration.test_config import NEEDED

# By hand, so that a mark which is forgotten, or set where it does not belong, is noticed.
MAY_CHANGE = {
    "train.threads",
    "corpus.source",
    "bptt.engine",  # engines agree but for rounding, and some need a device that another machine lacks
    "schedule.horizon",
    "train.epochs",
    "train.steps",
    "train.minutes",
    "train.device",
    "train.mixture",
    "train.validate_lanes",
    "train.report_every",
    "train.validate_every",
    "train.patience",
    "task.longest",
    "train.checkpoint_every",
    "train.checkpoint_minutes",
    "train.on_divergence",
    "train.rewinds",
    "train.rewind_factor",
    "train.sample_at",
    "train.sample_every",
    "train.sample_length",
    "train.sample_temperature",
}
DERIVED = {"corpus.sha256", "schedule.horizon"}
TELL_NOTHING = {
    *DERIVED,
    "train.device",
    "train.mixture",
    "train.validate_lanes",
    "train.report_every",
    "train.validate_every",
    "train.checkpoint_every",
    "train.checkpoint_minutes",
    "train.sample_at",
    "train.sample_every",
    "train.sample_length",
    "train.sample_temperature",
}


def every_key() -> dict[str, Key]:
    """The keys of all sections, with every part of every family chosen once."""
    found: dict[str, Key] = {}
    for section, choice in CHOICES.items():
        for name in family(choice.family).names():
            chosen = f"{section}={{{choice.key}: {name}}}"
            found |= read_settings("corpus.text=hello", chosen, *NEEDED.get((section, name), [])).keys()
    return found


def test_no_key_is_left_out() -> None:
    """Against the schemas themselves."""
    expected = set()
    for section, own in SECTIONS.items():
        choice = CHOICES.get(section)
        schemas: list[type[Section]] = [own] if own else []
        if section == "corpus":  # the task says which
            schemas = [TASKS.load(name).Corpus for name in TASKS.names()]
        if choice:
            parts = family(choice.family)
            schemas += [schema_of(parts, name) for name in parts.names()]
            expected.add(f"{section}.{choice.key}")
        expected |= {f"{section}.{key}" for schema in schemas for key in schema.model_fields}
    assert set(every_key()) == expected


def test_what_may_change_on_a_resume_has_no_effect_on_the_weights() -> None:
    """The hash of the text is neither compared nor set: it is the one that the checkpoint has."""
    free = {name for name, key in every_key().items() if key.effect is not Effect.WEIGHTS}
    assert free - {"corpus.sha256"} == MAY_CHANGE


def test_what_has_an_effect_of_its_own_tells_runs_apart() -> None:
    keys = every_key()
    assert {name for name, key in keys.items() if key.effect is Effect.DERIVED} == DERIVED
    config = read_settings("corpus.text=hello", "schedule={name: step, every: 5}")
    assert set(config.keys()) - set(telling_keys(config)) == TELL_NOTHING
    assert {name for name, key in keys.items() if key.effect in (Effect.DERIVED, Effect.NOTHING)} == TELL_NOTHING


@pytest.mark.parametrize(
    ("key", "value", "default"),
    [
        ("model.hidden", 7, 256),
        ("model.cell", "gru", None),
        ("bptt.tau", 5, 64),
        ("optimizer.betas", (0.5, 0.6), (0.9, 0.999)),
        ("train.steps", 3, None),
        ("clip.threshold", 2.0, None),
    ],
)
def test_a_key_has_its_value_and_its_default(key: str, value: Any, default: Any) -> None:
    shown = list(value) if isinstance(value, tuple) else value
    config: Config = read_settings("corpus.text=hello", f"{key}={shown}")
    found = config.keys()[key]
    assert (found.value, found.default) == (value, default)
