"""Every key of a configuration: the values that it takes, its default, and what it means.

All of it comes from the schema. The meaning is the text below the key in its class.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from charnn.configuration.checking import CHOICES, SECTIONS, TASKS
from charnn.configuration.families import family
from charnn.configuration.sections import schema_of
from charnn.configuration.sections.corpus import ClassificationTable, Corpus, LabelledTable, PairTable, Table
from charnn.configuration.types import Section

_TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "string": "a text",
    "null": "null",
}
_BOUNDS = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to", "exclusiveMaximum": "below"}


@dataclass(frozen=True)
class Entry:
    """One key.

    Attributes:
        values: what it takes, in words.
        default: its default; empty where it has to be given.
        meaning: what it means.
    """

    key: str
    values: str
    default: str
    meaning: str


@dataclass(frozen=True)
class Group:
    """Keys that stand together.

    Attributes:
        section: the section that they are in.
        where: where in it: empty for its own keys, else which kind of corpus, or which part has them.
    """

    section: str
    where: str
    entries: list[Entry]


def reference() -> Iterator[Group]:
    """All keys, section by section, each part that a section can choose after its own keys."""
    yield from _corpora()
    for name, own in SECTIONS.items():
        choice = CHOICES.get(name)
        if own is not None and name != "corpus":
            yield Group(name, "", [_entry(own, key, name) for key in own.model_fields])
        if choice is not None:
            parts = family(choice.family)
            for part in parts.names():
                schema = parts.load(part).Options if choice.family == TASKS else schema_of(parts, part)
                where = f"{choice.key}: {part}"
                yield Group(name, where, [_entry(schema, key, name) for key in schema.model_fields])


def meanings(section: type[Section]) -> dict[str, str]:
    """The meaning of each key of a section, those of the classes that it derives from included."""
    found: dict[str, str] = {}
    for one in reversed(section.__mro__):
        if not (issubclass(one, Section) and one.model_fields):
            continue
        (body,) = ast.parse(textwrap.dedent(inspect.getsource(one))).body
        assert isinstance(body, ast.ClassDef)
        for key, below in zip(body.body, body.body[1:], strict=False):
            if isinstance(key, ast.AnnAssign) and isinstance(key.target, ast.Name):
                text = ast.get_docstring(ast.Module([below], []))
                found |= {key.target.id: " ".join(text.split())} if text else {}
    return found


def _corpora() -> Iterator[Group]:
    told: set[str] = set()
    yield Group("corpus", "a running text", [_entry(Corpus, key, "corpus") for key in Corpus.model_fields])
    for where, section in (
        ("a table", Table),
        ("a table, where a label is read or asked for", LabelledTable),
        ("a table, for classification", ClassificationTable),
        ("a table, for sequence to sequence", PairTable),
    ):
        keys = [key for key in section.model_fields if key not in told]
        yield Group("corpus", where, [_entry(section, key, "corpus") for key in keys])
        told |= {*keys}


def _entry(section: type[Section], key: str, name: str) -> Entry:
    meaning, choice = meanings(section).get(key, ""), CHOICES.get(name)
    if choice is not None and key == choice.key:
        return Entry(key, ", ".join(family(choice.family).names()), choice.default, meaning)
    schema = section.model_json_schema()
    described = schema["properties"][key]
    required = section.model_fields[key].is_required()
    return Entry(key, _values(described, schema), "" if required else _shown(described.get("default")), meaning)


def _values(schema: dict[str, Any], root: dict[str, Any]) -> str:
    """The values that a key takes, in words."""
    if "$ref" in schema:
        return _values(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_values(one, root) for one in schema["anyOf"]))
    if "enum" in schema or "const" in schema:
        return ", ".join(schema.get("enum", [schema.get("const")]))
    kind = "a list" if schema.get("type") == "array" else _TYPES.get(schema.get("type", ""), "a mapping")
    return " ".join([kind, *(f"{word} {schema[bound]:,g}" for bound, word in _BOUNDS.items() if bound in schema)])


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
