"""The numbers of runs: each run of a name gets one more than the largest there is or was.

The largest number of each name that was ever given is kept in `runs/.numbers`, so that the number of a run that was
removed does not come back and mean another run in somebody's notes.
"""

from __future__ import annotations

import fcntl
import json
import re
from pathlib import Path

_NUMBERS = ".numbers"


def new_numbered_folder(folder: Path, name: str) -> Path:
    """Make the folder `<name>-N` with the next number.

    Raises:
        OSError: it cannot be made.
    """
    with (folder / _NUMBERS).open("a+b") as file:
        # Other processes wait here, so that each gets a number of its own.
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        given = _numbers(file.read())
        number = max(given.get(name, 0), _largest(folder, name)) + 1
        path = folder / f"{name}-{number}"
        path.mkdir()
        file.truncate(0)
        # As ASCII: a name need not be UTF-8.
        file.write(json.dumps({**given, name: number}, indent=1).encode() + b"\n")
    return path


def _numbers(document: bytes) -> dict[str, int]:
    """What the file says; nothing where it is new or damaged, because the folders that there are tell enough."""
    try:
        found = json.loads(document)
    except (ValueError, RecursionError):
        return {}
    entries = found.items() if isinstance(found, dict) else ()
    return {name: number for name, number in entries if type(number) is int and number >= 0}


def _largest(folder: Path, name: str) -> int:
    numbers = [re.fullmatch(re.escape(name) + r"-([1-9][0-9]{0,8})", path.name) for path in folder.iterdir()]
    return max((int(match[1]) for match in numbers if match), default=0)
