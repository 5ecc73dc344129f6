"""The errors that a user can meet, and the exit code of each.

A message says what is wrong, where, and how to correct it. Any other exception is a defect of charnn itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches


class CharnnError(Exception):
    """Something failed while a command was running."""

    exit_code = 1


class UsageError(CharnnError):
    """The command line asks for something that is not possible."""

    exit_code = 2


class InputError(UsageError):
    """A text, a corpus or another input cannot be used as it is."""


class RunError(UsageError):
    """A run folder or a checkpoint cannot be used as it is."""


class DivergedError(CharnnError):
    """The loss or a gradient is no longer a finite number."""


class LostProcessError(CharnnError):
    """Another process of the same training has ended."""


class StoppedError(CharnnError):
    """A signal ended the work; the exit code is 130 for Ctrl-C, 143 for SIGTERM and 129 for SIGHUP."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True)
class Problem:
    """One error in a configuration: where it is, in which key, and what is wrong."""

    place: str
    key: str
    why: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.place, self.key, self.why) if part)


class ConfigError(UsageError):
    """A configuration has errors; the message shows them all together."""

    def __init__(self, name: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = "1 error" if len(problems) == 1 else f"{len(problems)} errors"
        super().__init__("\n".join([f"{name}: {count}", *(f"  {problem}" for problem in problems)]))


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """A hint such as " (did you mean `hidden`?)" if a known word is similar, else nothing."""
    near = get_close_matches(word, known, n=1) or get_close_matches(word.lower(), known, n=1)
    return f" (did you mean `{near[0]}`?)" if near else ""


def one_of(word: str, known: Sequence[str]) -> str:
    """The end of a message about an unknown word: a hint, and the list of the known words."""
    return f"{did_you_mean(word, known)}; there are: {', '.join(known)}"
