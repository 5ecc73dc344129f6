"""The schema: what people write, and every mistake with its line and its mend."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charnn.configuration.checking import CHOICES
from charnn.configuration.config import Config
from charnn.configuration.families import family
from charnn.configuration.reading import config_of, read_config, read_settings
from charnn.configuration.shipped import shipped_files
from charnn.configuration.types import Effect, Part
from charnn.configuration.yaml_document import parse_value
from charnn.errors import CharnnError, ConfigError


def read(text: str, *settings: str, environment: dict[str, str] | None = None) -> Config:
    Path("config.yaml").write_text(text, encoding="utf-8")
    return read_config("config.yaml", settings, environment or {})


def problems(text: str, *settings: str, environment: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        read(text, *settings, environment=environment)
    return [str(problem) for problem in raised.value.problems]


MINIMAL = "corpus: {text: hello}\n"


def test_everything_has_a_default_but_the_text() -> None:
    config = read(MINIMAL)
    assert (config.model.cell.name, config.bptt.strategy.name) == ("lstm", "truncated")
    assert (config.optimizer.name, config.schedule.name, config.task.name) == ("adam", "constant", "language-model")
    assert config.train.epochs == 1
    assert config.clip.threshold == 1.0
    assert problems("model: {}") == ["corpus: give either `source` (a corpus, a path or -) or `text`"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [("3e-4", 3e-4), ("1E3", 1000.0), (".5", 0.5), ("1_000", 1000), ("010", 10), ("-2", -2), ("no", "no"),
     ("1:30", "1:30"),
     ("true", True), ("~", None), ("", None), ("'5'", "5"), ("2020-01-01", "2020-01-01"), ("[1, a]", [1, "a"]),
     ("{a: 1e1}", {"a": 10.0}), ("yes", "yes"), ("0x10", "0x10")],
)  # fmt: skip
def test_scalars_are_what_people_write(written: str, meant: object) -> None:
    value = parse_value(written)
    assert value == meant
    assert type(value) is type(meant)


def test_all_errors_are_shown_together_with_their_lines() -> None:
    text = """\
corpus:
  sorce: hello.txt
  text: hello
model:
  cell: lstn
  hidden: 0
bptt:
  strategy: truncated
  taus: 5
clip: {by: norm, threshold: -1}
optimizer:
  name: adam
  learning_rate: fast
train:
  lanes: true
  seed: 1
  seed: 2
schedul: {}
"""
    found = problems(text)
    assert [problem.split(": ")[:2] for problem in found] == [
        ["line 2", "corpus.sorce"],
        ["line 5", "model.cell"],
        ["line 6", "model.hidden"],
        ["line 9", "bptt.taus"],
        ["line 10", "clip.threshold"],
        ["line 13", "optimizer.learning_rate"],
        ["line 15", "train.lanes"],
        ["line 17", "train.seed"],
        ["line 18", "schedul"],
    ]
    assert "did you mean `source`" in found[0]
    assert "unknown cell `lstn` (did you mean `lstm`?); there are: gru, linear, lstm, " in found[1]
    assert found[2].endswith("must be greater than or equal to 1, not 0")
    assert "unknown key (did you mean `tau`?)" in found[3]
    assert found[4].endswith("must be greater than 0, not -1")
    assert found[5].endswith("must be a number, not the text `fast`")
    assert found[6].endswith("must be a number, not true")
    assert found[7].endswith("this key stands already on line 16")
    assert "did you mean `schedule`" in found[8]


@pytest.mark.parametrize(
    ("section", "choice", "wrong", "meant"),
    [
        ("model", "cell: LSTM", "hiden", "hidden"),
        ("model", "cell: 3", "activatoin", "activation"),  # of min-gru
        ("bptt", "strategy: Truncated", "taw", "tau"),
        ("optimizer", "name: Adam", "momentun", "momentum"),  # of sgd
        ("schedule", "name: cosin", "warmup_step", "warmup_steps"),
    ],
)
def test_a_key_that_no_part_of_a_family_has_is_told_beside_an_unknown_part(
    section: str, choice: str, wrong: str, meant: str
) -> None:
    found = problems(f"corpus: {{text: hello}}\n{section}: {{{choice}, {wrong}: 8, {meant}: 8}}\n")
    assert len(found) == 2
    assert sum(f"{section}.{wrong}: unknown key (did you mean `{meant}`?)" in problem for problem in found) == 1
    assert sum(f"{section}.{choice.partition(':')[0]}: " in problem for problem in found) == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["train.lanes=.nan"], "must be"),
        (["optimizer.learning_rate=.inf"], "must be a finite number"),
        (["optimizer.learning_rate=nan"], "must be a number, not the text `nan`"),
        (["train.steps=2.5"], "must be a whole number, not 2.5"),
        (["train.seed=-1"], "must be greater than or equal to 0, not -1"),
        (["model.dropout=1.0", "model.layers=2"], "must be less than 1"),
        (["model.dropout=0.5"], "`dropout` lies between layers, and there is 1 layer"),
        (["corpus.split=[0.5, 0.4]"], "the shares must add up to 1, not 0.9"),
        (["corpus.split=[0.25, 0.25, 0.25, 0.25]"], "must be one to three shares"),
        (["corpus.split=[0.9, 0.1, 0]"], "must be greater than 0"),
        (["corpus.unit=word"], "'character', 'grapheme' or 'byte'"),
        (["corpus.unit=byte", "corpus.normalize=NFC"], "`normalize` has no meaning for bytes"),
        (["corpus.source=x", "corpus.text=y", "corpus.source=z", "corpus={source: a, text: b}"], "give either"),
        (["bptt.stride=65"], "`stride` must not exceed `tau`: 65 > 64"),
        (["bptt={strategy: randomized, pi: []}"], "the list is empty"),
        (["bptt={strategy: randomized, pi: [0.5, 0]}"], "must be greater than 0"),
        (["bptt={strategy: randomized, pi: 1.5}"], "must be less than or equal to 1"),
        (["bptt={strategy: trunctated}"], "unknown strategy `trunctated` .did you mean `truncated`"),
        (["bptt.engine=fast"], "unknown engine `fast`; there are: auto, autograd, graph, manual, native"),
        (["clip={by: none, threshold: 1}"], "`threshold` has no effect with `by: none`"),
        (["train={epochs: 1, steps: 5}"], "give one of `epochs`, `steps` and `minutes`, not epochs and steps"),
        (["schedule={name: step}"], "schedule.every: is missing"),
        (["model=5"], "a section is a mapping"),
        (["model={cell: 5}"], "must be the name of a cell"),
        (["train.sample_at=3"], r"must be a list, such as \[3\], not 3"),
        (["model.hidden=null"], "must be a whole number, not null"),
        (["corpus={text: 5}"], "must be a text, in quotes where it looks like a number, not 5"),
    ],
)  # fmt: skip
def test_values_out_of_range_are_refused(settings: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read(MINIMAL, *settings)


def test_flags_beat_the_environment_and_that_beats_the_file() -> None:
    text = MINIMAL + "model: {hidden: 1, layers: 1}\ntrain: {seed: 1}\n"
    environment = {"CHARNN_MODEL_HIDDEN": "2", "CHARNN_MODEL_LAYERS": "2", "CHARNN_CORPORA": "/x", "OTHER": "1"}
    config = read(text, "model.hidden=3", environment=environment)
    assert (config.model.hidden, config.model.layers, config.train.seed) == (3, 2, 1)
    assert problems(text, environment={"CHARNN_MODEL_HIDEN": "2"})[0].startswith(
        "$CHARNN_MODEL_HIDEN: model.hiden: unknown"
    )
    assert problems(text, "model.hidden=x")[0].startswith("--set: model.hidden: must be a number")


def test_a_length_that_is_set_takes_the_place_of_another() -> None:
    config = read(MINIMAL + "train: {epochs: 3}\n", "train.steps=5")
    assert (config.train.epochs, config.train.steps) == (None, 5)
    assert read(MINIMAL, "corpus.source=a.txt").corpus.text is None


def test_relative_paths_are_anchored() -> None:
    """In a file to the file's folder, in a flag to the working directory."""
    folder = Path("elsewhere").absolute()
    folder.mkdir()
    (folder / "c.yaml").write_text("corpus: {source: texts/a.txt}")
    assert read_config("elsewhere/c.yaml", [], {}).corpus.source == str(folder / "texts/a.txt")
    set_here = read_config("elsewhere/c.yaml", ["corpus.source=b.txt"], {})
    assert set_here.corpus.source == str(Path("b.txt").absolute())
    assert read_config("elsewhere/c.yaml", ["corpus.source=time-machine"], {}).corpus.source == "time-machine"
    assert read_config("elsewhere/c.yaml", ["corpus.source=-"], {}).corpus.source == "-"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1, 2", "not YAML"),
        ("a: b: c", "line 1: not YAML"),
        ("- a\n- b", "a configuration is a mapping"),
        ("", "a configuration is a mapping"),
        ("corpus: !!python/object/apply:os.system [ls]", "the tag .* is not taken here"),
        ("a: *nothing", "undefined alias"),
        ("a: \x07", "not YAML"),
        ("x" * 200_000, "larger than 128 KiB"),
        ("[" * 5000, "nested too deeply|not YAML"),
        ("{a: " * 25 + "1" + "}" * 25, "nested too deeply"),
        ("corpus: &a [*a]", "nested too deeply|more than"),
    ],
)
def test_what_is_no_configuration_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read(text)


def test_a_bomb_of_aliases_is_not_expanded() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises(ConfigError, match="more than 10000 values once its aliases are expanded"):
        read("\n".join(lines))


def test_a_huge_file_is_not_read() -> None:
    with Path("huge.yaml").open("wb") as file:
        file.truncate(10**9)
    with pytest.raises(ConfigError, match="larger than 128 KiB"):
        read_config("huge.yaml", [], {})


def test_a_missing_configuration_names_the_recipes() -> None:
    with pytest.raises(
        CharnnError, match="no configuration `tiny-shakespear`.*did you mean `tiny-shakespeare`.*min-char-rnn"
    ):
        read_config("tiny-shakespear", [], {})
    with pytest.raises(CharnnError, match="cannot read the configuration"):
        read_config(".", [], {})


@pytest.mark.parametrize("path", shipped_files("configs"), ids=lambda path: path.stem)
def test_every_recipe_is_valid_and_comes_back_from_its_resolved_form(path: Path) -> None:
    config = read_config(path.stem, [], {})
    Path("resolved.yaml").write_text(config.to_yaml(), encoding="utf-8")
    assert read_config("resolved.yaml", [], {}) == config == config_of(config.values())


@pytest.mark.parametrize("path", shipped_files("configs"), ids=lambda path: path.stem)
def test_every_recipe_opens_with_its_command_its_time_and_what_it_reached(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].endswith(f"charnn train --config {path.stem}")
    header = " ".join(line.removeprefix("# ") for line in lines[1:4])
    assert re.match(r"Takes about \S+ (s|minutes) on two cores.*; reached .* 2026-\d\d-\d\d\.", header), header


@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t:[]{}&*!|>-#"), max_size=80))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Anything is either a configuration or an error with a message."""
    try:
        read(text)
    except CharnnError as error:
        assert str(error)


# What a part cannot do without.
COLUMNS = ["corpus.input=text", "corpus.target=label"]
NEEDED = {
    ("schedule", "step"): ["schedule.every=5"],
    ("schedule", "exponential"): ["schedule.every=5"],
    ("task", "classification"): COLUMNS,
    ("task", "conditional-generation"): COLUMNS,
    ("task", "sequence-to-sequence"): COLUMNS,
}


@pytest.mark.parametrize("section", CHOICES)
def test_every_part_of_a_family_can_be_chosen_by_its_file_s_name(section: str) -> None:
    choice = CHOICES[section]
    names = family(choice.family).names()
    assert choice.default in names
    for name in names:
        config = read_settings(
            "corpus.text=hello", f"{section}={{{choice.key}: {name}}}", *NEEDED.get((section, name), [])
        )
        held = getattr(config, section)
        part = held if isinstance(held, Part) else getattr(held, choice.key)
        assert part.name == name
        key = config.keys()[f"{section}.{choice.key}"]
        assert (key.value, key.effect) == (name, Effect.WEIGHTS)
        assert config_of(config.values()) == config
