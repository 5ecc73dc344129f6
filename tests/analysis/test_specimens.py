"""Specimens: networks with a text in their own units."""

from __future__ import annotations

import pytest
import torch

from charnn.analysis.gradients.recurrent_scheme import RecurrentScheme
from charnn.analysis.gradients.spectrum import recurrent_matrices
from charnn.analysis.specimens import fresh, trained, with_recurrent
from charnn.configuration.reading import read_settings
from charnn.errors import DivergedError, InputError
from charnn.networks.language_model import LanguageModel
from charnn.runs.run import Run
from tests.analysis.runs import run_with

CONFIG = read_settings("corpus={text: hello, split: [1.0]}", "model={cell: rnn, hidden: 4}")


def run_of(value: float) -> Run:
    """A run whose weights are all the same number."""
    run = run_with("a", [], "model={cell: rnn, hidden: 4}")
    run.write("vocabulary.json", fresh([("a", CONFIG)])[0].vocabulary.to_json())
    network = LanguageModel(4, CONFIG.model)
    run.save_weights("last", {name: torch.full_like(own, value) for name, own in network.state_dict().items()}, {})
    return run


def test_a_given_text_brings_the_vocabulary_of_a_fresh_network_and_not_of_a_trained_one() -> None:
    (own,), (given,) = fresh([("a", CONFIG)]), fresh([("a", CONFIG)], "abc")
    assert [specimen.vocabulary.text(specimen.ids.tolist()) for specimen in (own, given)] == ["hello", "abc"]
    assert (len(own.vocabulary), len(given.vocabulary)) == (4, 3)
    run = run_of(0.5)
    specimen = trained(run, "hole")
    assert (specimen.name, specimen.text, len(specimen.ids)) == ("a", "the text", 4)
    assert all(parameter.dtype == torch.float64 for parameter in specimen.network.parameters())
    with pytest.raises(InputError, match="the text has characters"):
        trained(run, "abc")
    with pytest.raises(InputError, match="the text is empty"):
        trained(run, "")


def test_weights_that_are_not_finite_are_refused() -> None:
    with pytest.raises(DivergedError, match="a/last.safetensors has diverged: `W_q` holds numbers that are not finite"):
        trained(run_of(float("inf")), "hello")


def test_each_scheme_gives_each_network_new_matrices_and_leaves_it_as_it_was() -> None:
    specimens = fresh([("one", CONFIG), ("two", CONFIG)])
    before = [recurrent_matrices(specimen.network.layers[0])[0].radius for specimen in specimens]
    schemes = [RecurrentScheme("orthogonal", 0.5), RecurrentScheme("gaussian", 2)]
    changed = with_recurrent(specimens, schemes)
    assert [specimen.name for specimen in changed] == [
        "one orthogonal:0.5", "one gaussian:2", "two orthogonal:0.5", "two gaussian:2",
    ]  # fmt: skip
    radii = [recurrent_matrices(specimen.network.layers[0])[0].radius for specimen in changed]
    assert radii == pytest.approx([0.5, 2, 0.5, 2])
    assert [recurrent_matrices(specimen.network.layers[0])[0].radius for specimen in specimens] == before
    assert with_recurrent(specimens, []) == specimens
