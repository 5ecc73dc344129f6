"""`charnn sample`: what is drawn, and what reaches standard output."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Charnn


def test_the_text_alone_goes_to_standard_output(charnn: Charnn, tiny_run: str) -> None:
    done = charnn("sample", tiny_run, "--prime", "he", "--length", "10")
    assert done.code == 0
    assert done.text.startswith("he")
    assert len(done.text) == 2 + 10 + 1
    assert done.err == ""


def test_the_newest_run_is_taken_where_none_is_named(charnn: Charnn, tiny_run: str) -> None:
    assert charnn("sample", "--length", "9").out == charnn("sample", Path(tiny_run).name, "--length", "9").out


def test_the_same_seed_draws_the_same_text(charnn: Charnn, tiny_run: str) -> None:
    texts = {seed: charnn("sample", "--seed", seed, "--temperature", 5, "--length", 40).out for seed in (1, 2)}
    assert texts[1] != texts[2]
    assert charnn("sample", "--seed", 1, "--temperature", 5, "--length", 40).out == texts[1]


def test_a_sample_does_not_depend_on_those_beside_it(charnn: Charnn, tiny_run: str) -> None:
    one = charnn("sample", "--prime", "h", "--temperature", 3, "--length", 20, "--json").json
    three = charnn("sample", "--prime", "h", "--temperature", 3, "--length", 20, "--count", 3, "--json").json
    assert len(three["samples"]) == 3
    assert three["samples"][0] == one["samples"][0]
    assert len({sample["text"] for sample in three["samples"]}) == 3
    plain = charnn("sample", "--prime", "h", "--temperature", 3, "--length", 20, "--count", 3).text
    assert plain.split("\n\n") == [f"h{sample['text']}" + ("\n" if last else "") for sample, last in
                                   zip(three["samples"], (False, False, True), strict=True)]  # fmt: skip


def test_a_prime_from_a_file_equals_one_from_an_option(charnn: Charnn, tiny_run: str) -> None:
    Path("prime.txt").write_text("hell")
    from_option = charnn("sample", "--prime", "hell", "--length", 5).out
    assert charnn("sample", "--prime-file", "prime.txt", "--length", 5).out == from_option
    assert charnn("sample", "--prime-file", "-", "--length", 5, stdin=b"hell").out == from_option
    assert charnn("sample", "--prime", "h", "--prime-file", "prime.txt").code == 2


def test_a_prime_file_is_read_in_the_run_s_own_encoding(charnn: Charnn) -> None:
    text = "olé, olé. "
    Path("text.txt").write_bytes((text * 20).encode("cp1252"))
    settings = [
        "corpus={source: text.txt, encoding: cp1252, split: [1]}",
        "bptt={strategy: truncated, tau: 5}",
        "train={steps: 3, lanes: 2}",
    ]
    assert charnn("train", "-c", "hello", "-q", *(part for one in settings for part in ("-s", one))).code == 0
    Path("prime.txt").write_bytes("olé".encode("cp1252"))
    done = charnn("sample", "--prime-file", "prime.txt", "--length", 5)
    assert done.text.startswith("olé"), done.err
    assert charnn("sample", "--prime", "olé", "--length", 5).out == done.out
    assert charnn("evaluate", "--text", "prime.txt").code == 0
    Path("other.txt").write_bytes(b"ol\x81")
    for command in (["sample", "--prime-file", "other.txt"], ["evaluate", "--text", "other.txt"]):
        refused = charnn(*command)
        assert refused.code == 2
        assert "other.txt is not cp1252: byte 0x81 at byte 2" in refused.err
        assert "the run reads cp1252, so convert the text to it" in refused.err
        assert "--encoding" not in refused.err


@pytest.mark.parametrize("unit", ["character", "grapheme"])
def test_what_is_typed_goes_through_the_run_s_normal_form(charnn: Charnn, unit: str) -> None:
    settings = [
        f"corpus={{text: 'café café café café café', unit: {unit}, normalize: NFC, split: [1]}}",
        "bptt={strategy: truncated, tau: 4}",
    ]
    done = charnn(
        "train", "-c", "hello", "-q", "-s", "train={steps: 60, lanes: 2}", *(p for s in settings for p in ("-s", s))
    )
    assert done.code == 0, done.err
    for accent in ("é", "e\u0301"):
        drawn = charnn("sample", "--prime", f"caf{accent} caf", "--temperature", 0, "--length", 3, "--json").json
        assert drawn["samples"][0]["text"] == "é c"
        ended = charnn("sample", "--prime", "ca", "--temperature", 0, "--length", 9, "--stop", accent)
        assert (ended.text, ended.err) == ("caf\n", "")


def test_a_sample_ends_before_the_stop_text(charnn: Charnn, tiny_run: str) -> None:
    assert charnn("sample", "--prime", "h", "--temperature", 0, "--length", 4, "--stop", "lo").text == "hel\n"
    never = charnn("sample", "--prime", "h", "--temperature", 0, "--length", 4, "--stop", "zz")
    assert never.text == "hello\n"
    assert "the model has no symbols to write 'zz', at which it is to stop" in never.err
    for stops in (["o", "l"], ["l", "o"], ["zz", "l"]):
        options = [part for stop in stops for part in ("--stop", stop)]
        assert charnn("sample", "--prime", "h", "--temperature", 0, "--length", 4, *options).text == "he\n"


def test_unknown_characters_of_a_prime_are_named(charnn: Charnn, tiny_run: str) -> None:
    done = charnn("sample", "--prime", "hexy")
    assert (done.code, done.out) == (2, b"")
    assert "characters that the training text does not contain: 'x' (U+0078) at position 2, 'y'" in done.err


@pytest.mark.parametrize(
    "arguments",
    [["--temperature", "-1"], ["--length", "-1"], ["--top-k", "0"], ["--top-p", "1.5"], ["--count", "0"],
     ["--seed", "-1"], ["--temperature", "nan"], ["--top-p", "0"]],
)  # fmt: skip
def test_options_out_of_range_are_refused(charnn: Charnn, tiny_run: str, arguments: list[str]) -> None:
    done = charnn("sample", *arguments)
    assert (done.code, done.out) == (2, b"")


@pytest.mark.parametrize("name", ["config.yaml", "vocabulary.json", "last.safetensors"])
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "foreign", "flipped"])
def test_a_damaged_run_is_refused(charnn: Charnn, tiny_run: str, name: str, damage: str) -> None:
    path = Path(tiny_run, name)
    data = bytearray(path.read_bytes())
    if damage == "missing":
        path.unlink()
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif damage == "foreign":
        path.write_bytes(b"\x80\x05\x95 a pickle, say")
    elif name == "last.safetensors":
        data[-5] ^= 1
        path.write_bytes(data)
    else:
        pytest.skip("a text file has no checksum: a changed letter is another text")
    done = charnn("sample", tiny_run)
    assert (done.code, done.out) == (2, b""), done.err
    assert done.err.startswith("error: ")
    assert "Traceback" not in done.err
    assert "defect" not in done.err


def test_what_is_no_run_is_refused(charnn: Charnn, tiny_run: str) -> None:
    assert "no run `runs/hello-9`" in charnn("sample", "runs/hello-9").err
    weights = charnn("sample", f"{tiny_run}/last.safetensors")
    assert weights.code == 2
    assert f"last.safetensors is a file of a run: name the run, {tiny_run}, and choose with --weights" in weights.err
    shutil.rmtree("runs")
    done = charnn("sample")
    assert (done.code, done.out) == (2, b"")
    assert "there is no run yet" in done.err


def test_a_closed_pipe_ends_quietly(tiny_run: str) -> None:
    """`charnn sample | head -c 10`."""
    command = f"{sys.executable} -m charnn sample --length 100000 | head -c 10"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert len(done.stdout) == 10
    assert done.stderr == ""
    assert done.returncode == 0


def test_text_streams_as_it_is_drawn(tiny_run: str) -> None:
    """The first characters arrive while the last are still far off."""
    command = [sys.executable, "-m", "charnn", "sample", "--length", "100000000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert len(os.read(process.stdout.fileno(), 100)) > 0
        process.terminate()
        process.communicate(timeout=60)


def test_bytes_come_out_as_bytes(charnn: Charnn) -> None:
    Path("noise").write_bytes(bytes([0, 255, 128, 10]) * 40)
    trained = charnn(
        "train", "-c", "hello", "-s", "corpus={source: noise, unit: byte, split: [1.0]}", "-s", "train.steps=100"
    )
    assert trained.code == 0, trained.err
    assert set(charnn("sample", "--length", "20").out) <= {0, 255, 128, 10}


def test_what_was_copied_is_told_and_a_text_that_is_gone_too(charnn: Charnn) -> None:
    Path("text.txt").write_text("round and round it goes, " * 40)
    settings = ["corpus={source: text.txt, split: [0.9, 0.1]}", "bptt={strategy: truncated, tau: 25}"]
    given = [part for one in settings for part in ("-s", one)]
    assert charnn("train", "-c", "hello", "-q", "-s", "train={steps: 150, lanes: 2}", *given).code == 0
    options = ["--prime", "round", "--temperature", "0", "--length", "60", "--copied"]
    done = charnn("sample", *options)
    assert "the longest stretch that stands in the training part: 60 of 60, ' and round it goes," in done.err
    assert "100.0% lie in stretches of 30 and more" in done.err
    copied = charnn("sample", *options, "--json").json["samples"][0]["copied"]
    assert copied == {"length": 60, "begin": 0, "source": 5, "share": 1.0}
    Path("text.txt").unlink()
    gone = charnn("sample", *options)
    assert (gone.code, gone.out) == (2, b"")
    assert "text.txt" in gone.err
    assert charnn("sample", "--length", "5").code == 0
