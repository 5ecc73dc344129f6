"""Questions about sentences: what is read, and what may follow."""

from __future__ import annotations

from charnn.analysis.agreement.questions import READ, ask
from charnn.data.sources.generators.agreement import PLURAL, SINGULAR

QUESTIONS = ask(600, seed=2)


def test_what_is_read_takes_in_the_sentence_and_some_of_the_one_before() -> None:
    for question, before in zip(QUESTIONS[1:], QUESTIONS, strict=False):
        assert len(question.before) == READ
        assert question.before.endswith(f"{before.sentence.after}{question.sentence.before}")
        verbs = f"{question.sentence.verb} ", f"{PLURAL if question.sentence.verb == SINGULAR else SINGULAR} "
        assert (question.right, question.wrong) == verbs
    assert max(len(question.sentence.before) for question in QUESTIONS) < READ
    assert ask(5, seed=2) == QUESTIONS[:5]
    assert ask(5, seed=3) != QUESTIONS[:5]


def test_the_comma_is_asked_about_in_the_same_sentences() -> None:
    questions = ask(600, seed=2, comma=True)
    assert [question.sentence for question in questions] == [question.sentence for question in QUESTIONS]
    for question in questions:
        assert len(question.before) == READ
        assert (question.before + question.right[:-1]).endswith(question.sentence.before)
        assert {question.right, question.wrong} == {", w", " w"}
