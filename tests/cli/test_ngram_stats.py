"""`charnn ngram-stats`: counts and Markov models, as people and scripts ask for them."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import math
import os
import re
import resource
import shlex
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

from charnn.ngrams.models import MARKOV_MODELS
from tests.cli.conftest import Charnn
from tests.conftest import corpus_file

ROSE = "A rose is a rose is a rose.\nNo rose has no thorns\n"
COMMAND = [sys.executable, "-m", "charnn", "ngram-stats"]


@pytest.fixture
def rose() -> str:
    Path("rose.txt").write_text(ROSE)
    return "rose.txt"


def test_tables_of_orders_one_to_three(charnn: Charnn, rose: str) -> None:
    done = charnn("ngram-stats", rose)
    assert (done.code, done.err) == (0, "")
    lines = [line.rstrip() for line in done.text.splitlines()]
    assert lines[0] == "rose.txt: 13 words (letters), 6 different"
    assert "unigrams: 13, 6 different, 2 of them once (33.3%)" in lines
    assert "bigrams: 12, 8 different, 5 of them once (62.5%)" in lines
    assert "trigrams: 11, 8 different, 5 of them once (62.5%)" in lines
    assert lines[6].split() == ["rose", "█" * 24, "4", "30.7692%"]
    assert lines[7].split() == ["a", "█" * 18, "3", "23.0769%"]
    assert not {"\r", "\x1b"} & set(done.text)


def test_formulas_are_escaped_for_spreadsheets_alone(charnn: Charnn) -> None:
    text = b"=1+1 -2 @x a=b\t\n"
    options = ("ngram-stats", "-", "--level", "character", "--order", 2, "--top", 40)
    plain, escaped = (
        list(csv.reader(io.StringIO(charnn(*options, *form, stdin=text).text, newline="")))
        for form in (["--csv"], ["--csv", "--escape-formulas"])
    )
    assert len(plain) == len(escaped) > 20
    for before, after in zip(plain, escaped, strict=True):
        apostrophe = "'" if before[2][0] in "=+-@\t\r\n" else ""
        assert after == [*before[:2], apostrophe + before[2], *before[3:]]
    assert {"'=1", "'+1", "'-2", "'@x", "a="} <= {row[2] for row in escaped}


def test_json_and_csv_say_the_same(charnn: Charnn, rose: str) -> None:
    options = ("ngram-stats", rose, "--level", "character", "--order", 4, "--top", 3)
    document = charnn(*options, "--json").json
    rows = list(csv.DictReader(io.StringIO(charnn(*options, "--csv").text)))
    assert (document["level"], document["tokens"], document["length"]) == ("character", None, len(ROSE))
    for order in document["orders"]:
        expected = Counter(ROSE[place : place + order["order"]] for place in range(len(ROSE) - order["order"] + 1))
        assert [(row["ngram"], row["count"]) for row in order["top"]] == expected.most_common(3)
        assert (order["total"], order["types"]) == (expected.total(), len(expected))
        assert order["singletons"] == order["singleton_share"] * order["types"]
        assert [row["relative_frequency"] * order["total"] for row in order["top"]] == pytest.approx(
            [row["count"] for row in order["top"]]
        )
        assert order["zipf_slope"] < 0
    assert [(int(row["order"]), int(row["rank"]), row["ngram"], int(row["count"])) for row in rows] == [
        (order["order"], rank, row["ngram"], row["count"])
        for order in document["orders"]
        for rank, row in enumerate(order["top"], start=1)
    ]


def test_the_time_machine(charnn: Charnn) -> None:
    corpus_file("time-machine.txt")
    document = charnn("ngram-stats", "time-machine", "--json").json
    assert (document["tokens"], document["length"]) == ("letters", 32_775)
    assert [order["types"] for order in document["orders"]] == [4_579, 20_234, 29_882]
    assert [order["top"][0]["ngram"] for order in document["orders"]] == ["the", "of the", "the time traveller"]


def test_standard_input_equals_the_file(charnn: Charnn, rose: str) -> None:
    piped = charnn("ngram-stats", "-", "--csv", stdin=ROSE.encode())
    assert piped.out == charnn("ngram-stats", rose, "--csv").out


def test_persian_words_keep_their_joiners(charnn: Charnn) -> None:
    Path("fa.txt").write_text("می‌خواهم، می‌خواهم و نمی‌خواهم")
    document = charnn("ngram-stats", "fa.txt", "--order", 1, "--json").json
    assert document["tokens"] == "unicode-words"
    assert [(row["ngram"], row["count"]) for row in document["orders"][0]["top"]] == [
        ("می‌خواهم", 2),
        ("و", 1),
        ("نمی‌خواهم", 1),
    ]
    assert charnn("ngram-stats", "fa.txt", "--order", 1, "--tokens", "letters").err == "error: fa.txt has no words\n"


def test_other_encodings_units_and_normal_forms(charnn: Charnn) -> None:
    Path("a.txt").write_bytes("e\u0301é".encode("utf-16"))
    options = ("--encoding", "utf-16", "--normalize", "NFC", "--order", 1, "--json")
    document = charnn("ngram-stats", "a.txt", "--level", "character", *options).json
    assert document["orders"][0]["top"] == [{"ngram": "é", "count": 2, "relative_frequency": 1.0}]
    document = charnn("ngram-stats", "a.txt", "--level", "byte", "--order", 1, "--top", 2, "--json").json
    assert [(row["ngram"], row["count"]) for row in document["orders"][0]["top"]] == [("\x00", 2), ("\\xff", 1)]


def test_what_a_text_holds_cannot_steer_the_terminal(charnn: Charnn) -> None:
    Path("a.txt").write_text("[bold]x[/] :smile: \x1b[31m [/nothing]")
    done = charnn("ngram-stats", "a.txt", "--tokens", "whitespace", "--order", 1)
    assert done.code == 0, done.err
    for shown in ("[bold]x[/]", ":smile:", "\\x1b[31m", "[/nothing]"):
        assert shown in done.text
    assert "\x1b" not in done.text
    spaces = charnn("ngram-stats", "a.txt", "--level", "character", "--order", 2).text
    assert " ]␣ " in spaces


def drawn_axes(monkeypatch: pytest.MonkeyPatch, charnn: Charnn, text: str) -> Any:
    figures: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: figures.append(figure))
    assert charnn("ngram-stats", text, "--plot", "$cost$\\foo.svg").code == 0
    return figures[0].axes[0]


@pytest.mark.parametrize("name", ["zipf.svg", "zipf.png"])
def test_a_picture_of_the_rank_frequency_curves(
    charnn: Charnn, rose: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert charnn("ngram-stats", rose, "--plot", name).code == 0
    first = Path(name).read_bytes()
    assert charnn("ngram-stats", rose, "--plot", name).code == 0
    assert Path(name).read_bytes() == first
    # The unigrams reach 4: the axis must too.
    axes = drawn_axes(monkeypatch, charnn, rose)
    assert axes.get_ylim()[0] < 1 < 4 < axes.get_ylim()[1]
    if name.endswith("svg"):
        ElementTree.fromstring(first)
    else:
        assert first.startswith(b"\x89PNG")


# --- models ---


def test_every_model_is_scored_for_every_order(charnn: Charnn) -> None:
    Path("text.txt").write_text(ROSE * 20)
    for name in MARKOV_MODELS.names():
        done = charnn("ngram-stats", "text.txt", "--model", name, "--order", 3, "--evaluate", "--json")
        assert done.code == 0, done.err
        found = done.json
        assert (found["model"], found["scored"]) == (name, len(ROSE * 20) // 10 - 1)
        assert [order["order"] for order in found["orders"]] == [1, 2, 3]
        assert found["best_order"] in (1, 2, 3)
        for order in found["orders"]:
            assert order["bpc"] == pytest.approx(order["nats"] / 0.6931471805599453)
            assert order["unseen_share"] == 0
        assert "* the best" in charnn("ngram-stats", "text.txt", "--model", name, "--evaluate").text


def test_a_baseline_is_scored_on_the_characters_of_the_network(charnn: Charnn) -> None:
    Path("text.txt").write_text(ROSE * 20)
    trained = charnn(
        "train", "-c", "hello", "-s", "corpus={source: text.txt}", "-s", "train.steps=3", "--baseline", "--json"
    )
    assert trained.code == 0, trained.err
    assert "the best n-gram model" in trained.err
    assert json.loads(Path("runs/hello-1/baseline.json").read_text()) == trained.json["baseline"]
    evaluated = charnn("evaluate", "--baseline", "--json").json
    assert evaluated["baseline"] == trained.json["baseline"]
    best = evaluated["baseline"]
    own = charnn(
        "ngram-stats", "text.txt", "--model", best["model"], "--order", best["order"], "--evaluate", "--json"
    ).json
    assert own["scored"] == evaluated["characters"]
    assert own["orders"][-1]["bpc"] == best["bpc"]
    assert "the best n-gram model" in charnn("evaluate", "--baseline").text
    assert charnn("evaluate", "--json").json["baseline"] is None


def test_an_explanation_multiplies_factors(charnn: Charnn, rose: str) -> None:
    options = (
        "ngram-stats",
        rose,
        "--model",
        "maximum-likelihood",
        "--level",
        "word",
        "--order",
        2,
        "--explain",
        "a rose is",
    )
    found = charnn(*options, "--json").json
    assert [factor["symbol"] for factor in found["factors"]] == ["a", "rose", "is"]
    assert [factor["probabilities"] for factor in found["factors"]] == [
        pytest.approx([3 / 13, 3 / 13]),
        pytest.approx([4 / 13, 1]),
        pytest.approx([2 / 13, 2 / 4]),
    ]
    assert [10**power for power in found["log10_products"]] == pytest.approx([3 * 4 * 2 / 13**3, 3 / 26])
    table = charnn(*options).text
    assert "product" in table
    assert "0.115" in table
    unknown = charnn(*options[:-1], "a lily").text
    assert "lily → <unk>" in unknown


def test_samples_continue_the_prime(charnn: Charnn, rose: str) -> None:
    options = ("ngram-stats", rose, "--model", "witten-bell", "--sample", 30)
    done = charnn(*options, "--prime", "A rose")
    assert done.text.startswith("A rose")
    assert len(done.text) == len("A rose") + 30 + 1
    assert charnn(*options, "--prime", "A rose", "--json").json["text"] == done.text[6:-1]
    assert charnn(*options, "--seed", 2).out != charnn(*options, "--seed", 3).out
    words = charnn(*options, "--level", "word").text.split()
    assert len(words) == 30
    assert set(words) <= {"a", "rose", "is", "no", "has", "thorns"}


def test_short_parts_have_no_share_of_unseen_ngrams(charnn: Charnn) -> None:
    Path("tiny.txt").write_text("the cat sat on the mat")
    options = ("ngram-stats", "tiny.txt", "--model", "kneser-ney", "--order", 4, "--evaluate")
    shares = [order["unseen_share"] for order in charnn(*options, "--json").json["orders"]]
    assert shares[3] is None
    assert "–" in charnn(*options).text
    done = charnn(*options, "--split", "0.1,0.9")
    assert (done.code, done.out) == (2, b"")


def test_a_product_that_no_float_holds_is_shown_by_its_power(charnn: Charnn) -> None:
    Path("long.txt").write_text(ROSE * 3)
    options = ("ngram-stats", "long.txt", "--model", "add-k", "--order", 1, "--explain", ROSE * 10)
    (power,) = charnn(*options, "--json").json["log10_products"]
    assert power < -400
    assert f"e{math.floor(power)}" in charnn(*options).text


def test_csv_quotes_what_would_end_a_row(charnn: Charnn) -> None:
    Path("crlf.txt").write_bytes(b"a\r\nb\r\n")
    text = charnn("ngram-stats", "crlf.txt", "--level", "character", "--order", 1, "--csv").out.decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert {row["ngram"]: row["count"] for row in rows} == {"\r": "2", "\n": "2", "a": "1", "b": "1"}


def test_the_kind_of_words_is_chosen_by_the_text_and_not_by_its_bytes(charnn: Charnn) -> None:
    Path("bom.txt").write_bytes(b"\xef\xbb\xbfdon't")
    assert charnn("ngram-stats", "bom.txt", "--order", 1, "--json").json["tokens"] == "letters"
    Path("fa.txt").write_bytes("سلام".encode("utf-16-le"))
    document = charnn("ngram-stats", "fa.txt", "--order", 1, "--encoding", "utf-16-le", "--json").json
    assert document["tokens"] == "unicode-words"


def test_names_of_files_are_shown_as_they_can_be(charnn: Charnn) -> None:
    name = os.fsdecode(b"a\xff\x1b[31m.txt")
    Path(name).write_text(ROSE)
    done = charnn("ngram-stats", name)
    assert (done.code, done.text.partition(":")[0]) == (0, "a\\xff\\x1b[31m.txt")


def test_a_narrow_terminal_loses_bars_and_never_numbers() -> None:
    Path("rose.txt").write_text(ROSE)
    wide = [*COMMAND, "rose.txt", "--model", "add-k", "--order", "12", "--explain", "rose"]
    for command, least in (([*COMMAND, "rose.txt"], "30.7692%"), (wide, "order 12")):
        terminal = ["script", "-qec", shlex.join(command), "/dev/null"]
        narrow = {**os.environ, "COLUMNS": "40"}
        done = subprocess.run(terminal, capture_output=True, text=True, check=True, env=narrow)
        plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", done.stdout)
        assert least in plain
        assert "█" not in plain
        assert "…" not in plain


def test_a_closed_pipe_ends_quietly(rose: str) -> None:
    command = f"{shlex.join([*COMMAND, rose, '--top', '100'])} | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


# --- what is refused ---


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.txt"], "no text `missing.txt`"),
        (["--order", "0"], "the order must be at least 1, not 0"),
        (["--order", "14"], "the order, 14, is larger than the text, which has 13 symbols"),
        (["--model", "add-k", "--order", "0", "--sample", "3"], "the order must be at least 1, not 0"),
        (["--model", "add-k", "--order", "99", "--sample", "3"], "the order, 99, is larger than the text"),
        (["--order", "9999999999999999999999"], "is larger than the text, which has 50 bytes"),
        (
            ["--memory", "300M", "--top", "200000"],
            "--top 200000 does not go with --memory, which allows at most 100,000",
        ),
        (["--memory", "9" * 400], "--memory takes a size"),
        (["--memory", "lots"], "--memory takes a size such as 500M"),
        (["--memory", "10M"], "at least 200M, not 10M"),
        (["--memory", "5"], "at least 200M, not 5 bytes"),
        (["--tokens", "letters", "--level", "character"], "--tokens says what a word is"),
        (["--level", "byte", "--normalize", "NFC"], "have no meaning for bytes"),
        (["--evaluate"], "--evaluate needs a model: name one with --model"),
        (["--model", "add-k"], "--model takes one of --evaluate, --explain and --sample"),
        (["--model", "add-k", "--sample", "3", "--evaluate"], "not --evaluate and --sample together"),
        (["--model", "kenlm", "--evaluate"], "unknown Markov model `kenlm`"),
        (["--model", "add-k", "--evaluate", "--set", "k=-1"], "add-k.k: "),
        (["--model", "add-k", "--evaluate", "--top", "3"], "--top belongs to counting"),
        (["--model", "add-k", "--evaluate", "--plot", "a.svg"], "--plot belongs to counting"),
        (["--model", "add-k", "--evaluate", "--prime", "x"], "--prime belongs to --sample"),
        (["--model", "add-k", "--sample", "3", "--split", "0.9,0.1"], "--split belongs to --evaluate"),
        (["--seed", "3"], "--seed belongs to --sample, not to counting"),
        (["--set", "k=3"], "--set belongs to"),
        (["--model", "add-k", "--evaluate", "--set", ""], "--set takes key=value, not ``"),
        (
            ["--model", "add-k", "--evaluate", "--split", "0.9,0.2"],
            "--split takes two or three shares that add up to 1",
        ),
        (["--model", "add-k", "--evaluate", "--split", "1"], "--split takes two or three shares"),
        (
            ["--model", "add-k", "--explain", "ü"],
            "the text of --explain has characters that the training text does not",
        ),
        (["--model", "add-k", "--explain", ""], "the text of --explain has no characters"),
        (["--json", "--csv"], "--json and --csv are two forms of the same"),
        (["--plot", "zipf.jpg"], "a picture ends in .png or .svg"),
        (["--plot", "nowhere/zipf.svg"], "cannot write nowhere/zipf.svg: its folder is missing"),
        (["--encoding", "utf-9"], "unknown encoding `utf-9`"),
    ],
)
def test_what_makes_no_sense_is_refused(charnn: Charnn, rose: str, arguments: list[str], message: str) -> None:
    text = [] if arguments[0].endswith(".txt") else [rose]
    done = charnn("ngram-stats", *text, *arguments)
    assert (done.code, done.out) == (2, b""), done.err
    assert message in done.err
    assert done.err.startswith("error: ")
    assert [path.name for path in Path().iterdir()] == [rose]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "bad is empty"),
        (b"MZ\x03\x04\0", "bad is binary, not text: a zero byte at byte 4"),
        (b"good\nba\xffd", "bad is not utf-8: byte 0xff at byte 7 (line 2)"),
        (b" \n. ", "bad has no words"),
    ],
)
@pytest.mark.parametrize("more", [(), ("--model", "kneser-ney", "--level", "word", "--evaluate")])
def test_bad_texts(charnn: Charnn, data: bytes, message: str, more: tuple[str, ...]) -> None:
    Path("bad").write_bytes(data)
    done = charnn("ngram-stats", "bad", *more)
    assert (done.code, done.out) == (2, b"")
    assert message in done.err or (more and "is too short" in done.err)
    assert "defect" not in done.err


# --- real processes ---


def environment(folder: Path) -> dict[str, str]:
    folder.mkdir(exist_ok=True)
    return {**os.environ, "TMPDIR": str(folder), "OMP_NUM_THREADS": "1"}


@pytest.fixture
def large() -> Path:
    """16 MB in which nearly every n-gram of eight characters is another."""
    import numpy as np

    path = Path("large.txt")
    path.write_bytes(np.random.default_rng(1).integers(97, 123, 16_000_000).astype(np.uint8).tobytes())
    return path


def test_a_large_text_is_counted_in_bounded_memory(large: Path, tmp_path: Path) -> None:
    """Half a gigabyte of tables in 250 MB, with the result of the unbounded count."""
    options = [str(large), "--level", "character", "--order", "8", "--json"]
    script = (
        "import re, sys; from pathlib import Path; from charnn.cli import main\n"
        "try: main()\n"
        "finally: print(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1], file=sys.stderr)"
    )
    results = []
    for more in ([], ["--memory", "250M"]):
        command = [sys.executable, "-c", script, "ngram-stats", *options, *more]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment(tmp_path / "tmp"))
        results.append((json.loads(done.stdout), int(done.stderr) * 1024))
    (whole, unbounded), (bounded, peak) = results
    assert whole == bounded
    assert peak < 250_000_000 < unbounded


def _has_open(process: subprocess.Popen[bytes], folder: Path) -> bool:
    """Whether a process has a file of this folder open."""
    for descriptor in Path(f"/proc/{process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            if str(folder) in str(descriptor.readlink()):
                return True
    return False


def test_an_interrupted_count_leaves_nothing_behind(large: Path, tmp_path: Path) -> None:
    options = [str(large), "--level", "character", "--order", "8", "--memory", "200M"]
    process = subprocess.Popen([*COMMAND, *options], env=environment(tmp_path / "tmp"), stderr=subprocess.PIPE)
    while not _has_open(process, tmp_path / "tmp"):  # until it spills, into a file without a name
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=60)
    assert process.returncode == 130
    assert complaint == b"error: interrupted\n"
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_disk_that_fills_up_while_spilling(large: Path, tmp_path: Path) -> None:
    """A limit on the size of files stands in for the disk."""
    options = [str(large), "--level", "character", "--order", "8", "--memory", "200M"]
    done = subprocess.run(
        [*COMMAND, *options],
        capture_output=True,
        check=False,
        env=environment(tmp_path / "tmp"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)),
    )
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"error: cannot write temporary files to ")
    assert done.stderr.count(b"\n") == 1
    assert list((tmp_path / "tmp").iterdir()) == []


# --- words that are owed ---


def test_a_text_shorter_than_the_usual_order_is_counted_as_far_as_it_goes(charnn: Charnn) -> None:
    done = charnn("ngram-stats", "-", "--json", stdin=b"two words\n")
    assert [order["order"] for order in done.json["orders"]] == [1, 2]
    refused = charnn("ngram-stats", "-", "--order", "3", stdin=b"two words\n")
    assert (refused.code, refused.err) == (2, "error: the order, 3, is larger than the text, which has 2 symbols\n")


def test_the_rule_for_words_is_told_where_the_text_chose_it(charnn: Charnn) -> None:
    plain, quoted = (charnn("ngram-stats", "-", "--csv", stdin=text.encode()) for text in ("it's", "it’s"))
    assert (plain.err, plain.text.splitlines()[1][-16:]) == ("", '"word (letters)"')
    assert "--tokens unicode-words, because the text is not ASCII: it has '’' (U+2019)" in quoted.err
    assert quoted.text.splitlines()[1].endswith(',"word (unicode-words)"')
    assert charnn("ngram-stats", "-", "--tokens", "unicode-words", stdin="it’s".encode()).err == ""


@pytest.mark.parametrize("text", ["我愛你", "すもも", "ภาษาไทย"])
def test_a_run_of_a_script_without_blanks_is_told(charnn: Charnn, text: str) -> None:
    done = charnn("ngram-stats", "-", "--tokens", "unicode-words", stdin=text.encode())
    assert f"a run such as {text} is counted as one word; --level grapheme" in done.err
    assert charnn("ngram-stats", "-", "--level", "grapheme", stdin=text.encode()).err == ""


@pytest.mark.parametrize(
    ("compress", "tool"), [(gzip.compress, "gzip"), (bz2.compress, "bzip2"), (lzma.compress, "xz")]
)
def test_a_compressed_text_is_called_so(charnn: Charnn, compress: Callable[[bytes], bytes], tool: str) -> None:
    Path("a.packed").write_bytes(compress(b"a text"))
    for command in (["ngram-stats", "a.packed"], ["train", "-c", "hello", "-s", "corpus={source: a.packed}"]):
        done = charnn(*command)
        assert (done.code, done.out) == (2, b"")
        assert f"is compressed: `{tool} -dc FILE | charnn …` with - as the text" in done.err
    assert charnn("ngram-stats", "a.packed", "--level", "byte").code == 0


def test_a_file_without_a_size_is_read(charnn: Charnn) -> None:
    """All files of /proc say that they are empty."""
    expected = Path("/proc/version").read_bytes()
    assert charnn("ngram-stats", "/proc/version", "--level", "byte", "--json").json["length"] == len(expected)


def test_bytes_are_told_from_the_characters_that_name_them(charnn: Charnn) -> None:
    done = charnn("ngram-stats", "-", "--level", "byte", "--order", "1", "--json", stdin=b"\xff\\")
    assert {row["ngram"] for row in done.json["orders"][0]["top"]} == {"\\xff", "\\\\"}


def test_tables_cost_about_what_the_counting_costs(charnn: Charnn) -> None:
    """Two hundred thousand rows, each a line of its own."""
    text = " ".join(f"w{number}" for number in range(100_000)).encode()
    done = charnn("ngram-stats", "-", "--tokens", "whitespace", "--order", "2", "--top", "100000", stdin=text)
    assert len(done.text.splitlines()) > 199_000


@pytest.mark.parametrize("level", ["word", "character", "grapheme"])
def test_what_is_typed_is_normalized_as_the_text_is(charnn: Charnn, level: str) -> None:
    text = "cafe\u0301 au lait, cafe\u0301 noir. " * 5
    options = ["--level", level, "--model", "witten-bell", "--order", "2", "--normalize", "NFC", "--json"]
    found = [
        charnn("ngram-stats", "-", *options, "--explain", typed, stdin=text.encode()).json
        for typed in ("caf\u00e9 noir", "cafe\u0301 noir")
    ]
    assert found[0]["factors"] == found[1]["factors"]
    assert "unk" not in str(found[1]["factors"])
    primed = [
        charnn("ngram-stats", "-", *options, "--sample", "9", "--prime", typed, stdin=text.encode()).json["text"]
        for typed in ("caf\u00e9", "cafe\u0301")
    ]
    assert primed[0] == primed[1]


def test_discounts_that_could_not_be_estimated_are_named(charnn: Charnn, rose: str) -> None:
    said = "the discounts of n-grams of length 1, 2 are fixed: their counts allow no estimate"
    modes = (["--evaluate"], ["--explain", "rose"], ["--sample", "3"])
    for mode in modes:
        arguments = ["ngram-stats", rose, "--model", "modified-kneser-ney", "--order", "2", *mode]
        assert said in charnn(*arguments).err
        assert charnn(*arguments, "--json").json["fixed_discounts"] == [1, 2]
    chosen = ["ngram-stats", rose, "--model", "kneser-ney", "--set", "discount=0.5", "--evaluate"]
    assert "discounts" not in charnn(*chosen).err
    assert charnn(*chosen, "--json").json["fixed_discounts"] == []
