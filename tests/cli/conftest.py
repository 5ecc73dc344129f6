"""The command line, run inside the test's own process."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from charnn.cli import main


@dataclass
class Done:
    """What a command left: its exit code, and what it wrote."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Charnn = Callable[..., Done]


@pytest.fixture
def charnn(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Charnn:
    """Run `charnn` with arguments and, where given, standard input."""

    def run(*arguments: object, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "argv", ["charnn", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code: Any = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        captured = capfdbinary.readouterr()
        return Done(int(code or 0), captured.out, captured.err.decode())

    return run


@pytest.fixture
def tiny_run(charnn: Charnn) -> str:
    """A trained run of next to nothing."""
    done = charnn("train", "-c", "hello", "-s", "train.steps=60", "--quiet")
    assert done.code == 0, done.err
    return done.text.strip()
