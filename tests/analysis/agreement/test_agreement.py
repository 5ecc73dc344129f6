"""The probe `agreement`: oracles that answer by a known rule, and the slow way to ask."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from charnn.bptt.recurrence import engine
from torch import Tensor

from charnn.analysis.agreement.agreement import READ, Share, answer, ask, mean_and_spread
from charnn.data.sources.generators.agreement import PLURAL, SINGULAR, Agreement
from charnn.data.text.units import units_of_text
from charnn.data.text.vocabulary import Vocabulary
from charnn.errors import DivergedError, InputError
from charnn.networks.language_model import CharacterModel, States
from tests.models import ALL_CELLS, random_model

VOCABULARY = Vocabulary(units_of_text(Agreement(sentences=200, seed=1).generate(), "character").symbols)
QUESTIONS = ask(600, seed=2)


def always(letters: str) -> CharacterModel:
    """A network that always says the same: all its weights are zero but for the output's bias."""
    model = random_model("rnn", len(VOCABULARY))
    for parameter in model.parameters():
        torch.nn.init.zeros_(parameter)
    for letter in letters:
        model.b_q.data[VOCABULARY.ids[letter.encode()]] = 5
    return model


class Reader(CharacterModel):
    """An oracle that reads its text back, in place of a state, and says what a rule makes of it.

    The state's one number is the rule's answer to the text so far; of what follows a verb only the letter matters.
    """

    nearest = False

    def forward(self, ids: Tensor, states: States, **_: object) -> tuple[Tensor, States]:
        ((plural,),) = states
        logits = torch.zeros(*ids.shape, len(VOCABULARY), dtype=torch.float64)
        if len(ids) == READ:
            plural = torch.tensor([[float(self.says_plural(VOCABULARY.text(lane)))] for lane in ids.T.tolist()])
        logits[..., VOCABULARY.ids[b"e"]] = 10 * plural.T
        logits[..., VOCABULARY.ids[b"a"]] = 5
        return logits, ((plural,),)

    def says_plural(self, text: str) -> bool:
        words = text.rpartition("\n")[2].replace(",", "").split()
        nouns = [word for word in words if word.removesuffix("s") in NOUNS]
        return nouns[-1 if self.nearest else 0].endswith("s")


NOUNS = {question.sentence.before.split()[1].rstrip(",").removesuffix("s") for question in QUESTIONS}


def reader(*, nearest: bool) -> Reader:
    oracle = random_model("rnn", len(VOCABULARY), hidden=1)
    oracle.__class__, oracle.nearest = Reader, nearest
    return oracle


def test_a_network_that_always_says_the_same_is_right_as_often_as_that_is() -> None:
    plural = sum(question.sentence.plural for question in QUESTIONS)
    assert 0 < plural < len(QUESTIONS)
    assert answer(always("as"), VOCABULARY, QUESTIONS).total().right == len(QUESTIONS) - plural
    assert answer(always("er"), VOCABULARY, QUESTIONS).total().right == plural


def test_a_network_that_looks_at_nothing_is_right_where_no_comma_is() -> None:
    """p(,␣w) = p(,) p(␣w) is the smaller one, whatever p(,) is."""
    questions = ask(600, seed=2, comma=True)
    clauses = sum(", which" in question.sentence.before for question in questions)
    assert 200 < clauses < 400
    assert answer(always(","), VOCABULARY, questions).total().right == len(questions) - clauses
    assert [question.sentence for question in questions] == [question.sentence for question in QUESTIONS]
    for question in questions:
        assert len(question.before) == READ
        assert (question.before + question.right[:-1]).endswith(question.sentence.before)
        assert {question.right, question.wrong} == {", w", " w"}


def test_an_oracle_that_knows_the_subject_is_always_right() -> None:
    answers = answer(reader(nearest=False), VOCABULARY, QUESTIONS)
    assert [share.share for share in answers.by_distance()] == [1.0] * 9
    assert answers.total().right == len(QUESTIONS)


def test_an_oracle_that_trusts_the_nearest_noun_is_right_where_that_agrees() -> None:
    agrees, differs = answer(reader(nearest=True), VOCABULARY, QUESTIONS).by_nearest()
    assert (agrees.share, differs.share) == (1.0, 0.0)
    assert agrees.sentences + differs.sentences == len(QUESTIONS)


@pytest.mark.parametrize("cell", ALL_CELLS)
def test_many_questions_at_a_time_are_answered_as_one_by_one(cell: str) -> None:
    """The slow way: each sentence alone, with each verb in its place, on the plainest engine."""
    model = random_model(cell, len(VOCABULARY), hidden=5, layers=2)

    @torch.no_grad()
    def nats(text: str) -> float:
        ids = torch.from_numpy(VOCABULARY.encode(VOCABULARY.units(text), "a text").astype(int))
        logits, _ = model(ids[:-1, None], model.zero_state(1), run=engine("autograd"))
        return sum(float(logits[place - 1, 0].log_softmax(-1)[ids[place]]) for place in range(READ, len(ids)))

    questions = [*QUESTIONS[:3], *ask(3, seed=2, comma=True)]
    slow = [nats(question.before + question.right) - nats(question.before + question.wrong) for question in questions]
    np.testing.assert_allclose(answer(model, VOCABULARY, questions).margins, slow, rtol=1e-9, atol=1e-12)


def test_what_is_read_takes_in_the_sentence_and_some_of_the_one_before() -> None:
    for question, before in zip(QUESTIONS[1:], QUESTIONS, strict=False):
        assert len(question.before) == READ
        assert question.before.endswith(f"{before.sentence.after}{question.sentence.before}")
        verbs = f"{question.sentence.verb} ", f"{PLURAL if question.sentence.verb == SINGULAR else SINGULAR} "
        assert (question.right, question.wrong) == verbs
    assert max(len(question.sentence.before) for question in QUESTIONS) < READ
    assert ask(5, seed=2) == QUESTIONS[:5]
    assert ask(5, seed=3) != QUESTIONS[:5]


def test_every_sentence_counts_once() -> None:
    clauses = sum(", which" in question.sentence.before for question in QUESTIONS)
    answers = answer(random_model("gru", len(VOCABULARY)), VOCABULARY, QUESTIONS)
    assert answers.by_frame()[0].sentences == clauses
    assert [share.kind for share in answers.by_distance()][::8] == ["10–19", "90–100"]
    for shares in (answers.by_distance(), answers.by_nearest(), answers.by_frame()):
        assert sum(share.sentences for share in shares) == len(QUESTIONS)
        assert sum(share.right for share in shares) == answers.total().right


def test_the_interval_of_a_share() -> None:
    z2, n = 1.96**2, 50
    assert Share("all", n, n).interval == pytest.approx((n / (n + z2), 1.0))
    assert Share("none", 0, n).interval == pytest.approx((0.0, z2 / (n + z2)))
    low, high = Share("half", n // 2, n).interval or (0, 0)
    assert (low + high) / 2 == pytest.approx(0.5)
    assert (high - low) / 2 == pytest.approx(1.96 * 0.5 / (n + z2) ** 0.5)
    assert Share("empty", 0, 0).share is Share("empty", 0, 0).interval is None


def test_repetitions_are_summed_up_by_mean_lowest_and_highest() -> None:
    shares = [Share("all", right, 10) for right in (4, 9, 8)]
    assert mean_and_spread(shares) == pytest.approx((0.7, 0.4, 0.9))
    assert mean_and_spread(shares[:1]) == pytest.approx((0.4, *shares[0].interval))
    assert mean_and_spread([Share("all", 0, 0)]) is None


def test_a_network_that_cannot_read_the_sentences_is_refused() -> None:
    lacking = Vocabulary(tuple(symbol for symbol in VOCABULARY.symbols if symbol != b"T"))
    with pytest.raises(
        InputError, match="agreement` has characters that the training text does not contain: 'T'.*agreement-lstm"
    ):
        answer(random_model("rnn", len(lacking)), lacking, QUESTIONS)
    model = random_model("rnn", len(VOCABULARY))
    model.b_q.data[0] = float("nan")
    with pytest.raises(DivergedError):
        answer(model, VOCABULARY, QUESTIONS[:3])
