"""`charnn export` and `charnn import`: from a run to a file and back."""

from __future__ import annotations

import re
from contextlib import redirect_stdout
from importlib import util
from io import StringIO
from pathlib import Path

import onnx
import pytest
import torch
from safetensors.torch import save_file

import charnn as package
from charnn.configuration.reading import read_config
from charnn.interchange import FORMATS
from charnn.storage.tensor_file import read_tensors
from tests.cells.others import UNUSUAL, others
from tests.cli.conftest import Charnn


@pytest.mark.parametrize("form", FORMATS.names())
def test_a_run_comes_back_as_it_went(charnn: Charnn, tiny_run: str, form: str) -> None:
    exported = charnn("export", tiny_run, "--format", form)
    assert (exported.code, exported.err) == (0, "")
    imported = charnn("import", exported.text.strip())
    assert (imported.code, imported.err) == (0, "")
    back = Path(imported.text.strip())
    ours, theirs = (read_tensors(Path(run) / "last.safetensors").tensors for run in (tiny_run, back))
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert (back / "vocabulary.json").read_bytes() == Path(tiny_run, "vocabulary.json").read_bytes()
    assert read_config(f"{back}/config.yaml").model == read_config(f"{tiny_run}/config.yaml").model
    sampled = ("--prime", "h", "--temperature", 3, "--length", 50)
    assert charnn("sample", back, *sampled).out == charnn("sample", tiny_run, *sampled).out
    Path("text.txt").write_text("hello hello".replace(" ", ""))
    scores = [charnn("evaluate", run, "--text", "text.txt", "--json").json["nats"] for run in (tiny_run, back)]
    assert scores[0] == scores[1]
    again = charnn("export", back, "--out", f"again{Path(exported.text.strip()).suffix}")
    assert Path(again.text.strip()).read_bytes() == Path(exported.text.strip()).read_bytes()


def test_an_imported_run_says_what_it_lacks(charnn: Charnn, tiny_run: str) -> None:
    run = charnn("import", charnn("export", "--format", "torch").text.strip()).text.strip()
    assert run == "runs/hello-1-1"
    for arguments, why in [
        (("evaluate",), "was imported and has no text of its own"),
        (("evaluate", "--part", "train"), "was imported and has no text of its own"),
        (("train", "--resume"), f"charnn train --config FILE --init {run}"),
        (("plot",), "there is nothing to plot"),
    ]:
        done = charnn(*arguments)
        assert (done.code, done.out) == (2, b"")
        assert why in done.err
    assert charnn("runs", "--json").json[-1]["state"] == "imported"
    assert charnn("train", "-c", "hello", "-s", "train.steps=1", "--init", f"{run}/last.safetensors", "-q").code == 0


def test_a_float64_run_keeps_its_numbers_where_it_can(charnn: Charnn) -> None:
    assert charnn("train", "-c", "hello", "-s", "train.steps=3", "-s", "train.dtype=float64", "-q").code == 0
    done = charnn("export", "--format", "onnx", "--json")
    assert "the run is float64 and the file float32" in done.err
    assert done.json == {"run": "runs/hello-1", "file": "hello-1.onnx", "notes": [done.err.strip()]}
    done = charnn("export", "--format", "torch")
    assert done.err == ""
    run = charnn("import", "hello-1.safetensors", "--out", "back", "--json").json["run"]
    assert read_config(f"{run}/config.yaml").train.dtype == "float64"


def test_the_end_of_a_name_says_which_format(charnn: Charnn, tiny_run: str) -> None:
    assert charnn("export", "--out", "a.onnx").code == 0
    assert {entry.key for entry in onnx.load("a.onnx").metadata_props} == {"charnn"}
    assert charnn("export", "--out", "b.onnx", "--format", "torch").code == 0
    assert read_tensors(Path("b.onnx")).document["model"]["cell"] == "rnn"
    for arguments, why in [
        (("export",), "say which format with --format: onnx (.onnx), torch (.safetensors)"),
        (("export", "--out", "a.pt"), "say which format with --format"),
        (("import", "a.pt"), "say which format with --format"),
        (("export", "--format", "onyx"), "unknown format `onyx` (did you mean `onnx`?)"),
        (("export", "--out", "nowhere/a.onnx"), "its folder is missing"),
        (("import", "nowhere.onnx"), "cannot read nowhere.onnx"),
        (("import", "nowhere.safetensors"), "there is no file nowhere.safetensors"),
        (("import", "a.onnx", "--out", "runs"), "runs exists already"),
        (("import", f"{tiny_run}/last.safetensors"), "is a file of a run: `charnn train --init"),
    ]:
        done = charnn(*arguments)
        assert (done.code, done.out) == (2, b"")
        assert why in done.err


def test_nothing_is_left_of_an_import_that_fails(charnn: Charnn) -> None:
    Path("a.onnx").write_bytes(b"no model")
    assert charnn("import", "a.onnx").code == 2
    assert not Path("runs").exists()


def test_onnx_is_asked_for_where_it_is_missing(charnn: Charnn, tiny_run: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    for arguments in (("export", "--out", "a.onnx"), ("import", "a.onnx")):
        done = charnn(*arguments)
        assert (done.code, done.out) == (2, b"")
        assert "pip install 'charnn[onnx]'" in done.err


def test_somebody_elses_network_becomes_a_run(charnn: Charnn) -> None:
    symbols = "یک دو"
    save_file({f"lstm.{name}": tensor for name, tensor in torch.nn.LSTM(5, 4).state_dict().items()}
              | {f"fc.{name}": tensor for name, tensor in torch.nn.Linear(4, 5).state_dict().items()},
              "theirs.safetensors")  # fmt: skip
    assert "name them with --vocabulary" in charnn("import", "theirs.safetensors").err
    Path("symbols.txt").write_text(symbols)
    done = charnn("import", "theirs.safetensors", "--vocabulary", "symbols.txt")
    assert (done.code, done.text) == (0, "runs/theirs-1\n")
    assert set(charnn("sample", "--length", 200).text.strip("\n")) == set(symbols)


def test_the_example_of_the_documentation_writes_hello(charnn: Charnn) -> None:
    page = Path(package.__file__).parent.parent / "docs" / "interchange.md"
    example = re.search(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    assert charnn("train", "-c", "hello", "-q").code == 0
    assert charnn("export", "--format", "onnx").text == "hello-1.onnx\n"
    written = StringIO()
    with redirect_stdout(written):
        exec(example[1], {})
    assert written.getvalue() == "hello\n"


@pytest.mark.parametrize("form", FORMATS.names())
@pytest.mark.parametrize("cell", UNUSUAL)
def test_a_cell_that_a_format_lacks_is_refused_with_a_reason(charnn: Charnn, cell: str, form: str) -> None:
    with others():
        assert charnn("train", "-c", "hello", "-s", f"model.cell={cell}", "-s", "train.steps=1", "-q").code == 0
        done = charnn("export", "--format", form)
    assert (done.code, done.out) == (2, b"")
    assert re.search(rf"the cell {cell} (has no operator in ONNX )?\(.+\)", done.err)
    assert not list(Path().glob("hello-1.*"))
