"""YAML as people write it: plain values, each with the line it stands on.

PyYAML follows YAML 1.1, which reads `3e-4` as a string, `no` as false and `010` as 8, keeps the last of
two equal keys and expands aliases without bound. Here scalars follow the core schema of YAML 1.2,
equal keys are a problem, and a document has a size that no recipe comes near.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from charnn.errors import ConfigError, Problem

KeyPath = tuple[str | int, ...]

MAX_BYTES = 128 * 1024
MAX_VALUES = 10_000
MAX_DEPTH = 20
MAX_DIGITS = 400

_PLAIN_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map")}
_NULL = re.compile(r"~|null|Null|NULL|")
_TRUE = re.compile(r"true|True|TRUE")
_FALSE = re.compile(r"false|False|FALSE")
_INTEGER = re.compile(r"[-+]?[0-9][0-9_]*")
_FLOAT = re.compile(
    r"[-+]?(\.[0-9][0-9_]*|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)


@dataclass
class Document:
    """A parsed mapping, where each of its keys stands, and what is wrong with them as YAML."""

    name: str
    values: dict[str, Any] = field(default_factory=dict)
    places: dict[KeyPath, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: KeyPath) -> str:
        """Where the nearest enclosing key of `path` stands."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, "")


def parse_document(text: str, name: str) -> Document:
    """Parse a YAML mapping.

    Raises:
        ConfigError: the syntax is wrong, this is no mapping, or it is too large once its aliases are
            counted. Keys that occur twice and tags are noted as problems of the document instead.
    """
    reader = _Reader(name)
    values = reader.read(_compose(text, name))
    if not isinstance(values, dict):
        why = "a configuration is a mapping of keys to values"
        raise ConfigError(name, [*reader.problems, Problem("line 1", "", why)])
    return Document(name, values, reader.places, reader.problems)


def parse_value(text: str) -> Any:
    """Parse one YAML value, such as the right side of `--set key=value`."""
    reader = _Reader(text)
    value = reader.read(_compose(text, text))
    if reader.problems:
        raise ConfigError(text, reader.problems)
    return value


def dump_document(values: dict[str, Any]) -> str:
    """A mapping as YAML that `parse_document` reads back to the same values."""
    return yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None)


class _Dumper(yaml.SafeDumper):
    """Quotes every text that would be read as something else."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if _scalar(text) is text else '"')


_Dumper.add_representer(str, _represent_text)


class _PlainLoader(yaml.SafeLoader):
    """Leaves every plain scalar as text; `_scalar` decides what it is."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (PyYAML's own attribute)


def _compose(text: str, name: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=_PlainLoader)
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}" if error.problem_mark else ""
        why = f"{error.context}: {error.problem}" if error.context else str(error.problem)
        raise ConfigError(name, [Problem(line, "", f"not YAML: {why}")]) from None
    except yaml.YAMLError as error:
        raise ConfigError(name, [Problem("", "", f"not YAML: {error}")]) from None
    except RecursionError:
        raise ConfigError(name, [Problem("", "", "nested too deeply")]) from None


class _Reader:
    def __init__(self, name: str) -> None:
        self.name = name
        self.places: dict[KeyPath, str] = {}
        self.problems: list[Problem] = []
        self.count = 0

    def read(self, node: yaml.Node | None, path: KeyPath = ()) -> Any:
        if node is None:
            return None
        self.count += 1
        line = f"line {node.start_mark.line + 1}"
        if len(path) > MAX_DEPTH:
            raise ConfigError(self.name, [Problem(line, "", "nested too deeply: this is no configuration")])
        if self.count > MAX_VALUES:
            why = f"more than {MAX_VALUES} values once its aliases are expanded: this is no configuration"
            raise ConfigError(self.name, [Problem(line, "", why)])
        if path:
            self.places.setdefault(path, line)
        if node.tag not in _PLAIN_TAGS:
            self.problems.append(Problem(line, _dotted(path), f"the tag {node.tag} is not taken here"))
        if isinstance(node, yaml.MappingNode):
            return dict(self._items(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
        quoted = isinstance(node, yaml.ScalarNode) and node.style
        return node.value if quoted else _scalar(node.value)

    def _items(self, node: yaml.MappingNode, path: KeyPath) -> Iterator[tuple[str, Any]]:
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "(a collection)"
            here = (*path, key)
            if key in first:
                why = f"this key stands already on line {first[key]}"
                self.problems.append(Problem(f"line {line}", _dotted(here), why))
                continue
            first[key] = line
            self.places[here] = f"line {line}"
            yield key, self.read(value_node, here)


def _scalar(text: str) -> Any:
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text):
        return True
    if _FALSE.fullmatch(text):
        return False
    if _INTEGER.fullmatch(text):
        return int(text.replace("_", "")) if len(text) < MAX_DIGITS else float("inf")
    if _FLOAT.fullmatch(text):
        return float(re.sub(r"\.(?=inf|nan)|_", "", text.lower()))
    return text


def _dotted(path: KeyPath) -> str:
    return ".".join(str(part) for part in path)
