"""`charnn recipes`: what ships, and each of them byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from charnn.configuration.shipped import shipped_files
from tests.cli.conftest import Charnn

RECIPES = shipped_files("configs")


def test_all_are_listed_with_the_command_and_what_it_takes(charnn: Charnn) -> None:
    entries = [entry.split("\n") for entry in charnn("recipes").text.strip().split("\n\n")]
    assert [entry[0] for entry in entries] == [path.stem for path in RECIPES]
    for name, command, cost in entries:
        assert command.startswith("    ")
        assert command.endswith(f"charnn train --config {name}")
        assert cost.startswith("    Takes about ")
        assert cost.endswith(".")


def test_json_holds_the_whole_headers(charnn: Charnn) -> None:
    documents = charnn("recipes", "--json").json
    assert [document["name"] for document in documents] == [path.stem for path in RECIPES]
    for document in documents:
        text = Path(document["path"]).read_text()
        header = "".join(f"# {line}\n" for line in document["header"])
        assert text.startswith(header)
        assert not text.removeprefix(header).startswith("#")


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_one_is_printed_byte_for_byte(charnn: Charnn, path: Path) -> None:
    assert charnn("recipes", path.stem).out == path.read_bytes()
    assert charnn("recipes", path.stem, "--json").json["text"].encode() == path.read_bytes()


def test_another_name_is_refused_with_those_that_there_are(charnn: Charnn) -> None:
    done = charnn("recipes", "time-machine-lstn")
    assert (done.code, done.out) == (2, b"")
    assert (
        "no recipe `time-machine-lstn` (did you mean `time-machine-lstm`?); there are: addition, agreement-gru, "
        in done.err
    )
