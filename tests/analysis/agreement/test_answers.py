"""What a network answers: oracles that answer by a known rule, and the slow way to ask."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from charnn.analysis.agreement.answers import answer
from charnn.analysis.agreement.questions import READ, ask
from charnn.bptt.execution import Execution
from charnn.data.sources.generators.agreement import Agreement
from charnn.data.text.units import units_of_text
from charnn.data.text.vocabulary import UnknownSymbolsError, Vocabulary
from charnn.errors import DivergedError
from charnn.networks.language_model import LanguageModel
from charnn.networks.stack import States
from tests.models import EVERY_CELL, random_network

VOCABULARY = Vocabulary(units_of_text(Agreement(sentences=200, seed=1).generate(), "character").symbols)
QUESTIONS = ask(600, seed=2)


def always(letters: str) -> LanguageModel:
    """A network that always says the same: all its weights are zero but for the output's bias."""
    network = random_network("rnn", len(VOCABULARY))
    for parameter in network.parameters():
        torch.nn.init.zeros_(parameter)
    for letter in letters:
        network.b_q.data[VOCABULARY.ids[letter.encode()]] = 5
    return network


class Reader(LanguageModel):
    """An oracle that reads its text back, in place of a state, and says what a rule makes of it.

    The state's one number is the rule's answer to the text so far; of what follows a verb only the letter matters.
    """

    nearest = False

    def logits(self, ids: Tensor, states: States, *_: object, **__: object) -> tuple[Tensor, States]:
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
    oracle: Any = random_network("rnn", len(VOCABULARY), hidden=1)
    oracle.__class__, oracle.nearest = Reader, nearest
    assert isinstance(oracle, Reader)
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


def test_an_oracle_that_knows_the_subject_is_always_right() -> None:
    answers = answer(reader(nearest=False), VOCABULARY, QUESTIONS)
    assert [share.share for share in answers.by_distance()] == [1.0] * 9
    assert answers.total().right == len(QUESTIONS)


def test_an_oracle_that_trusts_the_nearest_noun_is_right_where_that_agrees() -> None:
    agrees, differs = answer(reader(nearest=True), VOCABULARY, QUESTIONS).by_nearest()
    assert (agrees.share, differs.share) == (1.0, 0.0)
    assert agrees.sentences + differs.sentences == len(QUESTIONS)


@pytest.mark.parametrize("cell", EVERY_CELL)
def test_many_questions_at_a_time_are_answered_as_one_by_one(cell: str) -> None:
    """The slow way: each sentence alone, with each verb in its place, on the plainest engine."""
    network = random_network(cell, len(VOCABULARY), hidden=5, layers=2)

    @torch.no_grad()
    def nats(text: str) -> float:
        ids = torch.from_numpy(VOCABULARY.encode(VOCABULARY.units(text), "a text").astype(int))
        logits, _ = network.logits(ids[:-1, None], network.zero_state(1), Execution.of("autograd"))
        return sum(float(logits[place - 1, 0].log_softmax(-1)[ids[place]]) for place in range(READ, len(ids)))

    questions = [*QUESTIONS[:3], *ask(3, seed=2, comma=True)]
    slow = [nats(question.before + question.right) - nats(question.before + question.wrong) for question in questions]
    np.testing.assert_allclose(answer(network, VOCABULARY, questions).margins, slow, rtol=1e-9, atol=1e-12)


def test_every_sentence_counts_once() -> None:
    clauses = sum(", which" in question.sentence.before for question in QUESTIONS)
    answers = answer(random_network("gru", len(VOCABULARY)), VOCABULARY, QUESTIONS)
    assert answers.by_frame()[0].sentences == clauses
    assert [share.kind for share in answers.by_distance()][::8] == ["10–19", "90–100"]
    for shares in (answers.by_distance(), answers.by_nearest(), answers.by_frame()):
        assert sum(share.sentences for share in shares) == len(QUESTIONS)
        assert sum(share.right for share in shares) == answers.total().right


def test_a_network_that_cannot_read_the_sentences_is_refused() -> None:
    lacking = Vocabulary(tuple(symbol for symbol in VOCABULARY.symbols if symbol != b"T"))
    with pytest.raises(
        UnknownSymbolsError, match="agreement` has characters that the training text does not contain: 'T'"
    ):
        answer(random_network("rnn", len(lacking)), lacking, QUESTIONS)
    network = random_network("rnn", len(VOCABULARY))
    network.b_q.data[0] = float("nan")
    with pytest.raises(DivergedError):
        answer(network, VOCABULARY, QUESTIONS[:3])
