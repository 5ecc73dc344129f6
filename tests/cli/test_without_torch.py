"""Commands that read networks, where torch is not installed, and where it is and nobody loads it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from charnn.kernels.library import library
from tests.cli.conftest import Charnn

pytestmark = pytest.mark.skipif(library() is None, reason="there are no compiled kernels")

RUN = "runs/text"
TABLE = "runs/table"

BLOCKED = """
import sys
sys.modules["torch"] = None
from charnn.cli import main
sys.argv = ["charnn", *sys.argv[1:]]
main()
"""

WATCHED = """
import sys
from charnn.cli import main
sys.argv = ["charnn", *sys.argv[1:]]
try:
    main()
finally:
    assert "torch" not in sys.modules
"""


def run_in(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)


@pytest.fixture(autouse=True)
def _runs(charnn: Charnn) -> None:
    Path("text.txt").write_text("the cat sat on the mat\n" * 40)
    Path("table.tsv").write_text("name\tkind\n" + "".join(f"{'ab' * n}\tx\n{'cd' * n}\ty\n" for n in range(1, 30)))
    training = "train={steps: 3, mixture: true}"
    of_text = ("corpus.source=text.txt", "model.hidden=8", training, "train.lanes=2", "bptt.tau=8")
    of_table = ("corpus.source=table.tsv", "corpus.input=name", "corpus.target=kind", "model.hidden=8")
    for recipe, out, settings in (
        ("quickstart", RUN, of_text),
        ("surnames", TABLE, (*of_table, training, "train.lanes=4")),
    ):
        sets = [part for setting in settings for part in ("--set", setting)]
        done = charnn("train", "--config", recipe, *sets, "--out", out)
        assert done.code == 0, done.err


COMMANDS = [
    ("sample", RUN, "--length", "10"),
    ("sample", RUN, "--length", "10", "--count", "3", "--prime", "the", "--json"),
    ("evaluate", RUN, "--text", "text.txt"),
    ("evaluate", RUN, "--per-character"),
    ("sample", RUN, "--length", "10", "--mix"),
    ("sample", RUN, RUN, "--length", "10", "--count", "2"),
    ("evaluate", RUN, "--mix"),
    ("evaluate", RUN, RUN),
    ("predict", TABLE, "abab", "cdcd", "--top", "2"),
    ("predict", TABLE, "abab", "cdcd", "--top", "2", "--mix"),
    ("evaluate", TABLE, "--part", "train", "--confusion"),
    ("evaluate", TABLE, "--mix"),
    ("runs",),
    ("recipes",),
    ("ngram-stats", "text.txt"),
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_the_same_comes_out(arguments: tuple[str, ...], charnn: Charnn) -> None:
    expected = charnn(*arguments)
    assert expected.code == 0, expected.err
    for code in (BLOCKED, WATCHED):
        done = run_in(code, *arguments)
        assert (done.returncode, done.stdout) == (0, expected.out.decode()), done.stderr


@pytest.mark.parametrize("run", [RUN, TABLE])
def test_a_report_is_the_same(run: str, charnn: Charnn) -> None:
    expected = charnn("report", run, "--out", "with.html")
    assert expected.code == 0, expected.err
    for code in (BLOCKED, WATCHED):
        done = run_in(code, "report", run, "--out", "without.html")
        assert done.returncode == 0, done.stderr
        assert Path("without.html").read_text() == Path("with.html").read_text()


def test_what_needs_torch_says_so() -> None:
    done = run_in(BLOCKED, "train", "--config", "hello")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: this needs torch, which is not installed: `pip install torch`\n"


def test_a_training_loads_no_compiler_of_torch() -> None:
    """It would take as long to import as torch itself; also where a training goes on."""
    code = WATCHED.replace('"torch"', '"torch._dynamo"')
    settings = ("-s", "train.steps=4", "-s", "corpus.source=text.txt", "-s", "bptt.tau=8", "--out", "runs/quick")
    for arguments in (("-c", "quickstart", *settings), ("--resume", "runs/quick", "-s", "train.steps=6")):
        done = run_in(code, "train", *arguments)
        assert done.returncode == 0, done.stderr
