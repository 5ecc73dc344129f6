"""Reading a configuration, and every problem with its file, line, key and reason.

Flags beat the environment (`CHARNN_MODEL_HIDDEN=512` for `model.hidden`), the environment beats the YAML.
A section that chooses a part (a cell, a strategy, …) is checked against its own keys and those of the part: the
`Options` of one file of a family.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ValidationError, create_model
from pydantic_core import ErrorDetails

from charnn.configuration.families import CELLS, OPTIMIZERS, SCHEDULES, STRATEGIES, Family
from charnn.configuration.sections import Bptt, Clip, Corpus, Model, Optimizer, Schedule, Section, Train
from charnn.configuration.shipped import shipped_files
from charnn.configuration.yaml_document import MAX_BYTES, Document, KeyPath, dump_document, parse_document, parse_value
from charnn.errors import ConfigError, InputError, Problem, UsageError, did_you_mean, one_of


@dataclass(frozen=True)
class Config:
    """A whole configuration, checked and with every default filled in."""

    corpus: Corpus
    model: Model
    bptt: Bptt
    clip: Clip
    optimizer: Optimizer
    schedule: Schedule
    train: Train

    SECTIONS: ClassVar[dict[str, type[Section]]] = {
        "corpus": Corpus,
        "model": Model,
        "bptt": Bptt,
        "clip": Clip,
        "optimizer": Optimizer,
        "schedule": Schedule,
        "train": Train,
    }
    CHOOSERS: ClassVar[dict[str, tuple[str, Family]]] = {
        "model": ("cell", CELLS),
        "bptt": ("strategy", STRATEGIES),
        "optimizer": ("name", OPTIMIZERS),
        "schedule": ("name", SCHEDULES),
    }

    def values(self) -> dict[str, Any]:
        """The configuration as plain values, without the keys that are null."""
        return {name: getattr(self, name).model_dump(mode="json", exclude_none=True) for name in self.SECTIONS}

    def to_yaml(self) -> str:
        """The configuration as YAML that `read_config` reads back to an equal one."""
        return dump_document(self.values())


def read_config(name: str, settings: Sequence[str] = (), environment: Mapping[str, str] = os.environ) -> Config:
    """Read a configuration file.

    Args:
        name: a path, or the name of a recipe that ships with charnn.
        settings: `key=value` overrides such as `model.hidden=512`; they beat the environment.
        environment: where `CHARNN_<SECTION>_<KEY>` overrides are looked for; they beat the file.

    Raises:
        ConfigError: with all problems of the file, the environment and the settings together.
        InputError: there is no such file, or it cannot be read.
    """
    path = find_config(name)
    document = parse_document(_read(path), str(path))
    document.values = _anchored(document.values, (), path.parent)
    _override(document, settings, environment)
    return _validate(document)


def read_settings(*settings: str) -> Config:
    """A configuration of nothing but `key=value` settings over the defaults.

    Raises:
        ConfigError: with all problems of the settings.
    """
    document = Document("the settings")
    _override(document, settings, {})
    return _validate(document)


def read_options(family: Family, name: str, settings: Sequence[str]) -> Section:
    """The options of one part of a family, from `key=value` settings over its defaults.

    Raises:
        UsageError: there is no such part.
        ConfigError: with all problems of the settings.
    """
    schema: type[Section] = family.load(name).Options
    document = Document("the settings")
    _override(document, [f"{name}.{setting}" for setting in settings], {})
    try:
        return schema.model_validate(document.values.get(name, {}))
    except ValidationError as error:
        problems = [_explain(details, name, schema, document) for details in error.errors()]
        raise ConfigError(document.name, problems) from None


def find_config(name: str) -> Path:
    """The file that `--config NAME` means: a path, or else a recipe that ships with charnn."""
    recipes = {file.stem: file for file in shipped_files("configs")}
    if Path(name).is_file() or (Path(name).exists() and name not in recipes):
        return Path(name)
    if name in recipes:
        return recipes[name]
    raise InputError(
        f"no configuration `{name}`: no such file, and no recipe of that name{one_of(name, list(recipes))}"
    )


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            why = f"larger than {MAX_BYTES // 1024} KiB: this is no configuration"
            raise ConfigError(str(path), [Problem("", "", why)])
        return data.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read the configuration {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"the configuration {path} is not UTF-8 at byte {error.start}") from None


def _anchored(value: Any, path: KeyPath, folder: Path) -> Any:
    """What stands at `path`, with a relative `corpus.source` in it made absolute from `folder`."""
    if isinstance(value, dict):
        return {key: _anchored(below, (*path, key), folder) for key, below in value.items()}
    if path == ("corpus", "source") and isinstance(value, str) and _is_path(value):
        return str(folder.absolute() / os.path.expanduser(value))  # noqa: PTH111 (an unknown ~user stays as it is)
    return value


def _is_path(source: str) -> bool:
    """Whether a corpus source is a path, and neither a corpus that ships with charnn nor standard input."""
    return source != "-" and source not in {file.stem for file in shipped_files("corpora")}


# Of these keys one takes the place of the others: the one that was set last.
_ALTERNATIVES = (
    {("corpus", "source"), ("corpus", "text")},
    {("train", "epochs"), ("train", "steps"), ("train", "minutes")},
)


def _override(document: Document, settings: Sequence[str], environment: Mapping[str, str]) -> None:
    overrides: list[tuple[str, str, str]] = []
    for variable, value in sorted(environment.items()):
        _, _, rest = variable.partition("CHARNN_")
        section, _, key = rest.lower().partition("_")
        if variable.startswith("CHARNN_") and section in Config.SECTIONS and key:
            overrides.append((f"${variable}", f"{section}.{key}", value))
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"--set takes key=value, such as model.hidden=512, not `{setting}`")
        overrides.append(("--set", key.strip(), value))
    for place, key, value in overrides:
        _put(document, tuple(key.split(".")), parse_value(value), place)


def _put(document: Document, path: KeyPath, value: Any, place: str) -> None:
    target: Any = document.values
    for part in path[:-1]:
        if not isinstance(target.get(part), dict):
            target[part] = {}
        target = target[part]
    target[path[-1]] = _anchored(value, path, Path())
    # What stood below an overridden key is gone, and so are its lines.
    for old in [old for old in document.places if old[: len(path)] == path]:
        del document.places[old]
    document.places[path] = place
    if path in (("corpus", "source"), ("corpus", "text")):
        target.pop("sha256", None)  # it belongs to the text that was there before
    for alternatives in _ALTERNATIVES:
        if path in alternatives:
            for _, other in alternatives - {path}:
                target.pop(other, None)


def _validate(document: Document) -> Config:
    problems = list(document.problems)
    sections: dict[str, Section] = {}
    for name in document.values:
        if name not in Config.SECTIONS:
            why = f"unknown section{one_of(name, list(Config.SECTIONS))}"
            problems.append(Problem(document.place((name,)), name, why))
    for name in Config.SECTIONS:
        checked = _check_section(name, document)
        if isinstance(checked, Section):
            sections[name] = checked
        else:
            problems += checked
    if problems:
        raise ConfigError(document.name, sorted(problems, key=_line))
    return Config(**sections)  # type: ignore[arg-type]


def _check_section(name: str, document: Document) -> Section | list[Problem]:
    """The section, or everything that is wrong with it."""
    section, values = Config.SECTIONS[name], document.values.get(name)
    values = {} if values is None else values
    if not isinstance(values, dict):
        return [Problem(document.place((name,)), name, "a section is a mapping of keys to values")]
    problems = []
    try:
        schema = _schema(name, section, values)
    except _SectionError as error:
        path = (name, *error.key)
        problems.append(Problem(document.place(path), ".".join(path), str(error)))
        # Whatever belongs to the part that was meant cannot be judged; the section's own keys can.
        schema, values = section, {key: values[key] for key in section.model_fields if key in values}
        values = {key: value for key, value in values.items() if key not in error.key}
    try:
        checked = schema.model_validate(values)
    except ValidationError as error:
        return [*problems, *(_explain(details, name, schema, document) for details in error.errors())]
    return problems or checked


class _SectionError(Exception):
    def __init__(self, why: str, *key: str) -> None:
        super().__init__(why)
        self.key = key


def _schema(name: str, section: type[Section], values: Mapping[str, Any]) -> type[Section]:
    """The schema of a section: its own keys and those of the part that it chooses."""
    if name not in Config.CHOOSERS:
        return section
    key, family = Config.CHOOSERS[name]
    chosen = values.get(key, section.model_fields[key].default)
    if not isinstance(chosen, str):
        raise _SectionError(f"must be the name of a {family.noun}", key)
    try:
        options: type[Section] = getattr(family.load(chosen), "Options", Section)
    except UsageError as error:
        raise _SectionError(str(error), key) from None
    return _joined(section, options)


@cache
def _joined(section: type[Section], options: type[Section]) -> type[Section]:
    """One schema with the keys of both."""
    return section if options is Section else create_model(section.__name__, __base__=(options, section))


def _explain(details: ErrorDetails, name: str, schema: type[Section], document: Document) -> Problem:
    path: KeyPath = (name, *details["loc"])
    key = str(details["loc"][0]) if details["loc"] else ""
    dotted = ".".join(str(part) for part in path)
    message, given = details["msg"].removeprefix("Value error, "), details["input"]
    if details["type"] == "extra_forbidden":
        known = list(schema.model_fields)
        message = f"unknown key{did_you_mean(key, known)}; `{name}` takes: {', '.join(known)}"
    elif details["type"] == "missing":
        message = "is missing"
    elif details["type"] != "value_error":
        shown = "null" if given is None else str(given).lower() if isinstance(given, bool) else repr(given)
        message = f"{message.replace('Input should be', 'must be')}, not {shown}"
    return Problem(document.place(path), dotted, message)


def _line(problem: Problem) -> tuple[int, str]:
    digits = "".join(character for character in problem.place if character.isdigit())
    return (int(digits) if problem.place.startswith("line") else 1 << 30, problem.key)
