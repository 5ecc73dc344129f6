"""From a parsed document to a configuration, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from charnn.configuration.config import Config
from charnn.configuration.families import Family, family
from charnn.configuration.formats import FORMAT, complete
from charnn.configuration.sections import AVERAGES, CELLS, STRATEGIES, Bptt, Clip, Model, Source, Train, schema_of
from charnn.configuration.types import Section
from charnn.configuration.yaml_document import Document, KeyPath
from charnn.errors import ConfigError, Problem, UsageError, did_you_mean, one_of


@dataclass(frozen=True)
class PartKey:
    """The key of a section that names a part of a family.

    Attributes:
        key: the key.
        family: the dotted name of the family.
        default: the part that is taken without the key.
    """

    key: str
    family: str
    default: str


# The sections, in the order in which they are written; one without keys of its own is its part.
SECTIONS: dict[str, type[Section] | None] = {
    "corpus": Source,
    "task": None,
    "model": Model,
    "bptt": Bptt,
    "clip": Clip,
    "optimizer": None,
    "schedule": None,
    "train": Train,
}
TASKS = "charnn.tasks.TASKS"
CHOICES = {
    "task": PartKey("name", TASKS, "language-model"),
    "model": PartKey("cell", CELLS, "lstm"),
    "bptt": PartKey("strategy", STRATEGIES, "truncated"),
    "optimizer": PartKey("name", "charnn.training.optimizers.OPTIMIZERS", "adam"),
    "schedule": PartKey("name", "charnn.training.schedules.SCHEDULES", "constant"),
    "train": PartKey("average", AVERAGES, "none"),
}


def check(document: Document) -> Config:
    """The configuration that a document describes.

    Raises:
        ConfigError: with all problems of the document together.
    """
    problems = [*document.problems, *_check_format(document)]
    known = [*SECTIONS, "format"]
    for name in document.values:
        if name not in known:
            problems.append(
                Problem(document.place((name,)), name or "``", f"unknown section{one_of(name, list(SECTIONS))}")
            )
    _fill_in(document.values)
    sections: dict[str, Any] = {name: _check_section(name, document, problems) for name in SECTIONS}
    if problems:
        raise ConfigError(document.name, sorted(problems, key=_line))
    return Config(**sections)


def check_part(parts: Family[Any], name: str, document: Document) -> Section:
    """The options of one part of a family, which a document has under the part's name.

    Raises:
        UsageError: there is no such part.
        ConfigError: with all problems of its keys.
    """
    schema: type[Section] = schema_of(parts, name)
    values = document.values.get(name, {})
    problems = _unknown_keys(name, values, list(schema.model_fields), document)
    try:
        part = schema.model_validate({key: value for key, value in values.items() if key in schema.model_fields})
    except ValidationError as error:
        problems += [_explain(details, name, document) for details in error.errors()]
    if problems:
        raise ConfigError(document.name, problems)
    return part


def takes_text(values: Mapping[str, Any], path: KeyPath) -> bool | None:
    """Whether a key takes texts alone, free ones or some words; None where there is no such key.

    Args:
        values: the configuration so far, which says which parts are chosen.
        path: the key.
    """
    kinds = _kinds(values, path)
    return kinds - {type(None)} == {str} if kinds else None


def takes_null(values: Mapping[str, Any], path: KeyPath) -> bool:
    """Whether a key may be null."""
    return type(None) in _kinds(values, path)


def _kinds(values: Mapping[str, Any], path: KeyPath) -> set[Any]:
    """The types of the values that a key takes; empty where there is no such key."""
    if len(path) != 2 or path[0] not in SECTIONS:
        return set()
    name, key = str(path[0]), path[1]
    choice, schemas = CHOICES.get(name), [_own(name, values)]
    if choice is not None:
        if key == choice.key:
            return {str}
        section = values.get(name)
        chosen = section.get(choice.key, choice.default) if isinstance(section, dict) else choice.default
        parts = family(choice.family)
        schemas.append(schema_of(parts, chosen) if chosen in parts.names() else None)
    fields = [schema.model_fields[key] for schema in schemas if schema and key in schema.model_fields]
    return set().union(*(_leaves(field.annotation) for field in fields))


def _leaves(annotation: Any) -> set[Any]:
    """The types that an annotation is made of; of a literal, those of its values."""
    if get_origin(annotation) is Literal:
        return {type(value) for value in get_args(annotation)}
    if get_origin(annotation) is Annotated:
        return _leaves(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return set().union(*map(_leaves, get_args(annotation)))
    return {annotation}


def _task(values: Mapping[str, Any]) -> Any:
    """The task that a configuration chooses; of one that does not exist, the default one."""
    section, choice = values.get("task"), CHOICES["task"]
    chosen = section.get(choice.key, choice.default) if isinstance(section, dict) else choice.default
    tasks = family(TASKS)
    return tasks.load(chosen if chosen in tasks.names() else choice.default)


def _own(name: str, values: Mapping[str, Any]) -> type[Section] | None:
    """The keys that a section has of its own."""
    if name == "corpus":
        corpus: type[Section] = _task(values).Corpus
        return corpus
    return SECTIONS[name]


def _fill_in(values: dict[str, Any]) -> None:
    """Choose the parts that a task has for its own defaults, where nothing else was chosen."""
    for name, chosen in _task(values).defaults.items():
        section = values.setdefault(name, {})
        if isinstance(section, dict):
            section.setdefault(CHOICES[name].key, chosen)


def _check_format(document: Document) -> list[Problem]:
    """Fill in what the document's format leaves to its own defaults; a document that says none is of today."""
    written = document.values.get("format", FORMAT)
    if isinstance(written, bool) or not isinstance(written, int) or not 0 <= written <= FORMAT:
        why = f"must be a number from 0 to {FORMAT}; a higher one is of a newer charnn"
        return [Problem(document.place(("format",)), "format", why)]
    complete(document.values, written)
    return []


def _check_section(name: str, document: Document, problems: list[Problem]) -> Section | None:
    """The section of that name; None where something is wrong with it, which is added to the problems."""
    values = document.values.get(name)
    if values is not None and not isinstance(values, dict):
        problems.append(Problem(document.place((name,)), name, "a section is a mapping of keys to values"))
        return None
    values, own, choice = values or {}, _own(name, document.values), CHOICES.get(name)
    schema = _chosen(name, choice, values, document, problems) if choice else None
    chooser = [choice.key] if choice else []
    # Of a part that does not exist, a key is wrong if no part of its family has it.
    schemas = [schema] if schema or not choice else _all_schemas(family(choice.family))
    known = [*chooser, *_keys(own, chooser), *(key for kind in schemas for key in _keys(kind, chooser))]
    problems += _unknown_keys(name, values, list(dict.fromkeys(known)), document)

    def validate(kind: type[Section], **chosen: Section) -> Section | None:
        given = {key: values[key] for key in _keys(kind, chooser) if key in values}
        try:
            return kind.model_validate({**given, **chosen})
        except ValidationError as error:
            problems.extend(_explain(details, name, document) for details in error.errors())
            return None

    part = validate(schema) if schema else None
    if own is None:
        return part
    return validate(own, **({choice.key: part} if choice and part else {}))


def _all_schemas(parts: Family[Any]) -> list[type[Section]]:
    return [schema_of(parts, name) for name in parts.names()]


def _unknown_keys(name: str, values: Mapping[str, Any], known: list[str], document: Document) -> list[Problem]:
    return [
        Problem(
            document.place((name, key)),
            f"{name}.{key}",
            f"unknown key{did_you_mean(key, known)}; `{name}` takes: {', '.join(known)}",
        )
        for key in values
        if key not in known
    ]


def _keys(kind: type[Section] | None, chooser: list[str]) -> list[str]:
    """The keys of a section or a part, without the one that chooses the part."""
    return [key for key in (kind.model_fields if kind else []) if key not in chooser]


def _chosen(
    name: str, choice: PartKey, values: Mapping[str, Any], document: Document, problems: list[Problem]
) -> type[Section] | None:
    """The keys of the part that a section chooses; None, and a problem, where there is no such part."""
    chosen, parts = values.get(choice.key, choice.default), family(choice.family)
    why = f"must be the name of a {parts.noun}"
    if isinstance(chosen, str):
        try:
            return schema_of(parts, chosen)
        except UsageError as error:
            why = str(error)
    problems.append(Problem(document.place((name, choice.key)), f"{name}.{choice.key}", why))
    return None


_WORDS = {
    "int_from_float": "must be a whole number",
    "int_type": "must be a whole number",
    "string_type": "must be a text, in quotes where it looks like a number",
    "tuple_type": "must be a list, such as [{given}]",
}
"""What a value must be, in words that say how to mend it, by pydantic's name of the problem."""


def _explain(details: ErrorDetails, name: str, document: Document) -> Problem:
    path: KeyPath = (name, *details["loc"])
    dotted = ".".join(str(part) for part in path)
    message, given = details["msg"].removeprefix("Value error, "), details["input"]
    shown = "null" if given is None else str(given).lower() if isinstance(given, bool) else repr(given)
    if details["type"] == "missing":
        message = "is missing"
    elif details["type"] in _WORDS:
        message = f"{_WORDS[details['type']].format(given=given)}, not {shown}"
    elif details["type"] != "value_error":
        message = f"{message.replace('Input should be', 'must be')}, not {shown}"
    return Problem(document.place(path), dotted, message)


def _line(problem: Problem) -> tuple[int, str]:
    digits = "".join(character for character in problem.place if character.isdigit())
    return (int(digits) if problem.place.startswith("line") else 1 << 30, problem.key)
