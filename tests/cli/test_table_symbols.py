"""The symbols of tables from the command line: a text in another normal form is the same text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Literal
from unicodedata import normalize

import pytest

from tests.cli.conftest import Charnn
from tests.cli.test_tasks import train

NAMES = ["".join(letters) for letters in product("éèo", repeat=3)]
FORMS: Sequence[Literal["NFC", "NFD"]] = ("NFC", "NFD")


@pytest.mark.parametrize(
    ("task", "score", "of_both"), [("classification", "accuracy_any", 1), ("sequence-to-sequence", "rows", len(NAMES))]
)
def test_a_text_in_another_form_is_the_same_text(charnn: Charnn, task: str, score: str, of_both: float) -> None:
    written: dict[str, list[str]] = {form: [normalize(form, name) for name in NAMES] for form in FORMS}
    for form, names in written.items():
        rows = [f"{text}\t{'ab'['é' in name]}\n" for text, name in zip(names, NAMES, strict=True)]
        Path(f"{form}.tsv").write_text("".join(rows))
    run = train(charnn, task, "corpus={source: NFC.tsv, input: 1, target: 2, normalize: NFC, split: [0.7, 0.3]}")
    answers = [charnn("predict", run, *names).text for names in written.values()]
    assert len(answers[0].splitlines()) == len(NAMES)
    assert answers[0] == answers[1]
    scores = [charnn("evaluate", run, "--text", f"{form}.tsv", "--json").json for form in FORMS]
    assert [score.pop("table") for score in scores] == ["NFC.tsv", "NFD.tsv"]
    assert scores[0] == scores[1]
    assert scores[0]["left_out"] == 0
    # Whichever label is answered, one of the two rows of the text has it.
    rows = [f"{text}\t{label}\n" for form, label in zip(FORMS, "ab", strict=True) for text in written[form]]
    Path("both.tsv").write_text("".join(rows))
    assert charnn("evaluate", run, "--text", "both.tsv", "--json").json[score] == of_both
