"""What the parser of the command line finds wrong, as one message that names what was typed."""

from __future__ import annotations

import re
from typing import Any

from charnn.cli._shared.legible import shortened

_LONGEST = 60
"""The columns that are shown of what was typed."""


def is_usage_error(error: BaseException) -> bool:
    """Whether the parser raised it. Its classes have no public name that all versions of Typer share."""
    return hasattr(error, "format_message") and hasattr(error, "ctx")


def explain_usage(error: Any) -> str:
    """The message: the option, what is wrong with what was typed, and which command shows what it takes.

    It is empty where the parser has shown the help itself, because there was nothing else to read.
    """
    message = re.sub(r", unable to parse .*|\.$", "", error.format_message())
    message = message.replace("Input should be", "must be").replace(": Value error,", ":")
    typed = _typed(error)
    if typed is not None and repr(typed) not in message:
        message += f", not {shortened(repr(typed), _LONGEST)}"
    help_line = f"\n`{error.ctx.command_path} --help` shows what it takes" if message and error.ctx else ""
    return f"{message[:1].lower()}{message[1:]}{help_line}"


def _typed(error: Any) -> Any:
    """What could not be read, where the parser knows it."""
    problems: list[dict[str, Any]] = getattr(error.__cause__, "errors", list)()
    return problems[0].get("input") if problems else None
