"""A whole configuration: its sections, its keys one by one, and what it is as YAML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from charnn.configuration.formats import FORMAT
from charnn.configuration.sections import Bptt, Clip, Corpus, Model, Source, Train
from charnn.configuration.types import Effect, Part, Section
from charnn.configuration.yaml_document import dump_document
from charnn.errors import UsageError


@dataclass(frozen=True)
class Key:
    """One key of a configuration.

    Attributes:
        default: its default value; None where it has none.
        effect: what it has an effect on.
    """

    value: Any
    default: Any
    effect: Effect


@dataclass(frozen=True)
class Config:
    """A whole configuration, checked and with every default filled in.

    `optimizer`, `schedule` and `task` are parts of their families; `model` and `bptt` hold one. What the section
    `corpus` has, the task says.
    """

    corpus: Source
    task: Part
    model: Model
    bptt: Bptt
    clip: Clip
    optimizer: Part
    schedule: Part
    train: Train

    def keys(self) -> dict[str, Key]:
        """Every key by its dotted name, such as `model.hidden`."""
        return {f"{name}.{key}": value for name, section in self._sections() for key, value in _keys(section)}

    def values(self) -> dict[str, Any]:
        """The configuration as plain values, without the keys that are null."""
        return {"format": FORMAT, **{name: plain_values(section) for name, section in self._sections()}}

    def to_yaml(self) -> str:
        """The configuration as YAML that `read_config` reads back to an equal one."""
        return dump_document(self.values())

    def _sections(self) -> Iterator[tuple[str, Section]]:
        for field in fields(self):
            yield field.name, getattr(self, field.name)


def _keys(section: Section, name: str = "name") -> Iterator[tuple[str, Key]]:
    """The keys of a section, and beside them those of its part; a part's name is under the key that chooses it."""
    if isinstance(section, Part):
        yield name, Key(section.name, None, Effect.WEIGHTS)
    for key, value in section:
        if isinstance(value, Part):
            yield from _keys(value, key)
        else:
            default = type(section).model_fields[key].default
            yield key, Key(value, default, type(section).effect(key))


def plain_values(section: Section) -> dict[str, Any]:
    """A section as plain values, those of its part beside its own, without the keys that are null."""
    values = section.model_dump(mode="json", exclude_none=True)
    for key, part in section:
        if isinstance(part, Part):
            values = {key: part.name, **values.pop(key), **values}
    return {"name": section.name, **values} if isinstance(section, Part) else values


def running_text_of(config: Config, name: str) -> Corpus:
    """The section `corpus` of a configuration on a running text.

    Args:
        config: the configuration.
        name: what messages call what it belongs to.

    Raises:
        UsageError: it is on examples; the message says what such a run can be asked.
    """
    if isinstance(config.corpus, Corpus):
        return config.corpus
    raise UsageError(
        f"{name} does {config.task.name}, and this is for language models: ask it with {config.corpus.asked_with}"
    )
