"""The shell completes commands, options, runs and recipes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from charnn.interchange import FORMATS
from tests.cli.conftest import Charnn

SHELLS = ("bash", "zsh", "fish")
# The installed program may be another copy: this is the one that is tested.
PROGRAM = f"#!{sys.executable}\nimport sys\nfrom charnn.cli import main\nsys.exit(main())\n"


@pytest.fixture
def program() -> dict[str, str]:
    """An environment whose `charnn` is this one, and whose home is empty."""
    Path("bin").mkdir()
    Path("bin/charnn").write_text(PROGRAM)
    Path("bin/charnn").chmod(0o755)
    here, path = str(Path.cwd()), os.pathsep.join(place for place in sys.path if place)
    return {**os.environ, "HOME": here, "PATH": f"{here}/bin:{os.environ['PATH']}", "PYTHONPATH": path}


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, capture_output=True, text=True, check=False, env=environment)


def completed(environment: dict[str, str], *words: str) -> list[str]:
    """What bash offers for the last word, by the script that `--show-completion` prints."""
    line = " ".join(f"'{word}'" for word in words)
    code = (
        'eval "$(charnn --show-completion bash)"\n'
        f"COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}\n"
        "_charnn_completion charnn; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    done = run(environment, "bash", "--norc", "-c", code)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("form", ["--show-completion {}", "--show-completion={}"])
def test_the_script_of_a_shell_is_shown(program: dict[str, str], shell: str, form: str) -> None:
    done = run(program, "charnn", *form.format(shell).split())
    assert (done.returncode, done.stderr) == (0, "")
    assert f"_CHARNN_COMPLETE=complete_{shell}" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_is_installed(program: dict[str, str], shell: str) -> None:
    done = run(program, "charnn", "--install-completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    written = [path for path in Path().rglob("*") if path.is_file() and "charnn" in path.name]
    assert any(f"_CHARNN_COMPLETE=complete_{shell}" in path.read_text() for path in written)


def test_another_shell_is_refused(program: dict[str, str]) -> None:
    done = run(program, "charnn", "--show-completion", "tcsh")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'tcsh'" in done.stderr


def test_bash_completes_commands_options_and_values(program: dict[str, str], charnn: Charnn, tiny_run: str) -> None:
    for words, expected in [
        (["tr"], ["train"]),
        (["bench", "tr"], ["train"]),
        (["train", "--tensorb"], ["--tensorboard"]),
        (["train", "--config", "time-machine-"], None),
        (["sample", "he"], ["hello-1"]),
        (["plot", "hello-1", "he"], ["hello-1"]),
        (["export", "--format", ""], FORMATS.names()),
        (["import", "--vocabulary", "nothing"], []),
    ]:
        found = completed(program, "charnn", *words)
        if expected is None:
            assert {f"time-machine-{cell}" for cell in ("rnn", "simple-gru", "gru", "lstm")} <= set(found)
        else:
            assert found == expected


def test_completing_never_imports_torch(program: dict[str, str]) -> None:
    code = (
        "import sys; from charnn.cli import main; sys.argv = ['charnn']\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "assert not {'torch', 'numpy'} & set(sys.modules)"
    )
    words = {"COMP_WORDS": "charnn sample x", "COMP_CWORD": "2", "_CHARNN_COMPLETE": "complete_bash"}
    done = run({**program, **words}, sys.executable, "-c", code)
    assert done.returncode == 0, done.stderr
