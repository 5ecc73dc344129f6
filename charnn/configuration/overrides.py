"""What overrides a configuration: `--set model.hidden=512`, and `CHARNN_MODEL_HIDDEN=512` in the environment.

A key that takes a text takes what was said, byte for byte: a file may be called `chapter #1.txt`, and a text may be
`null`. Other keys take a YAML value.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from charnn.configuration.anchoring import anchored
from charnn.configuration.checking import SECTIONS, takes_null, takes_text
from charnn.configuration.yaml_document import Document, KeyPath, parse_value
from charnn.errors import ConfigError, Problem, UsageError

# Of these keys one takes the place of the others: the one that was set last.
_ALTERNATIVES = (
    {("corpus", "source"), ("corpus", "text")},
    {("train", "epochs"), ("train", "steps"), ("train", "minutes")},
)
_TEXTS = (("corpus", "source"), ("corpus", "text"))
_NULL = "null"


class _Override(NamedTuple):
    """One key that is set: where it was said, and what was said."""

    place: str
    key: str
    said: str


def override(
    document: Document, settings: Sequence[str], environment: Mapping[str, str], section: str | None = None
) -> None:
    """Put overrides into a document; what cannot be read becomes a problem of it.

    Args:
        document: a parsed configuration.
        settings: `key=value` texts; they beat the environment.
        environment: where `CHARNN_<SECTION>_<KEY>` is looked for.
        section: where the keys of the settings are, if they do not name it themselves.

    Raises:
        UsageError: a setting has no key or no `=`.
    """
    for place, key, said in [*_from_environment(environment), *_from_settings(settings, section)]:
        path = tuple(key.split("."))
        try:
            _put(document, path, _value(document, path, said), place)
        except ValueError as error:
            document.problems.append(Problem(place, key, str(error)))


def settings_of(values: Mapping[str, Any], folder: Path) -> list[str]:
    """The `key=value` settings that set values by their dotted keys; a relative path in them begins at `folder`."""
    settings = []
    for key, value in values.items():
        value = anchored(value, tuple(key.split(".")), folder)
        settings.append(f"{key}={value if isinstance(value, str) else json.dumps(value)}")
    return settings


def _from_environment(environment: Mapping[str, str]) -> Iterator[_Override]:
    for variable, value in sorted(environment.items()):
        _, _, rest = variable.partition("CHARNN_")
        section, _, key = rest.lower().partition("_")
        if variable.startswith("CHARNN_") and section in SECTIONS and key:
            yield _Override(f"${variable}", f"{section}.{key}", value)


def _from_settings(settings: Sequence[str], section: str | None) -> Iterator[_Override]:
    example = "" if section else ", such as model.hidden=512"
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not all(part.strip() for part in key.split(".")):
            raise UsageError(f"--set takes key=value{example}, not `{setting}`")
        yield _Override("--set", f"{section}.{key.strip()}" if section else key.strip(), value)


def _value(document: Document, path: KeyPath, said: str) -> Any:
    """The value that was said for a key.

    Raises:
        ValueError: it cannot be read; the message says why.
    """
    # Python turns bytes of the command line that are not UTF-8 into lone surrogates.
    if any("\ud800" <= character <= "\udfff" for character in said):
        raise ValueError("is not UTF-8")
    text = takes_text(document.values, path)
    if text:
        return None if said == _NULL and path not in _TEXTS and takes_null(document.values, path) else said
    try:
        value = parse_value(said)
    except ConfigError as error:
        if text is None and len(path) > 1:  # of a key that does not exist the check has more to say
            return said
        raise ValueError(f"`{said}` cannot be read: {error.problems[0].why}") from None
    if value is None and "#" in said:
        raise ValueError(f"`{said}` cannot be read: what follows # is a comment")
    return value


def _put(document: Document, path: KeyPath, value: Any, place: str) -> None:
    target: Any = document.values
    for part in path[:-1]:
        if not isinstance(target.get(part), dict):
            target[part] = {}
        target = target[part]
    target[path[-1]] = anchored(value, path, Path())
    # What was below an overridden key is gone, and so are its lines.
    for old in [old for old in document.places if old[: len(path)] == path]:
        del document.places[old]
    document.places[path] = place
    document.places.setdefault(path[:1], place)
    if path in _TEXTS:
        target.pop("sha256", None)  # it belongs to the text that was there before
    for alternatives in _ALTERNATIVES:
        if path in alternatives and value is not None:
            for _, other in alternatives - {path}:
                target.pop(other, None)
