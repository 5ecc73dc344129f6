"""Reading a configuration: a file or a recipe, and what overrides it.

Flags beat the environment (`CHARNN_MODEL_HIDDEN=512` for `model.hidden`), the environment beats the YAML.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from types import MappingProxyType
from typing import Any

from charnn.configuration.anchoring import anchored
from charnn.configuration.checking import check, check_part
from charnn.configuration.config import Config
from charnn.configuration.families import Family
from charnn.configuration.formats import END
from charnn.configuration.overrides import override
from charnn.configuration.shipped import shipped_files
from charnn.configuration.types import Section
from charnn.configuration.yaml_document import MAX_BYTES, Document, parse_document
from charnn.errors import ConfigError, InputError, Problem, one_of


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
    text = _read(path)
    document = parse_document(text, str(path))
    document.values = anchored(document.values, (), path.parent)
    if text.endswith(END):
        document.values.setdefault("format", 0)
    override(document, settings, environment)
    return check(document)


def config_of(
    values: Mapping[str, Any],
    name: str = "the configuration",
    settings: Sequence[str] = (),
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Config:
    """The configuration of plain values, such as those that `Config.values` gives.

    Args:
        values: sections and their keys; `format` is today's where it is missing, and a relative path begins at the
            working folder.
        name: what messages call them.
        settings, environment: as in `read_config`; by default there are none.

    Raises:
        ConfigError: with all problems of the values.
    """
    document = Document(name, anchored(deepcopy(dict(values)), (), Path()))
    override(document, settings, environment)
    return check(document)


def read_settings(*settings: str) -> Config:
    """A configuration of nothing but `key=value` settings over the defaults.

    Raises:
        ConfigError: with all problems of the settings.
    """
    document = Document("the settings")
    override(document, settings, {})
    return check(document)


def read_options(family: Family[Any], name: str, settings: Sequence[str]) -> Section:
    """The options of one part of a family, from `key=value` settings over its defaults.

    Raises:
        UsageError: there is no such part.
        ConfigError: with all problems of the settings.
    """
    document = Document("the settings")
    override(document, settings, {}, section=name)
    return check_part(family, name, document)


def find_config(name: str) -> Path:
    """The file that `--config NAME` means: a path, or else a recipe that ships with charnn.

    Raises:
        InputError: there is neither.
    """
    recipes = {file.stem: file for file in shipped_files("configs")}
    if name and (Path(name).is_file() or (Path(name).exists() and name not in recipes)):
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
            why = f"larger than {MAX_BYTES // 1024} KiB: this is not a configuration"
            raise ConfigError(str(path), [Problem("", "", why)])
        return data.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read the configuration {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"the configuration {path} is not UTF-8 at byte {error.start}") from None
