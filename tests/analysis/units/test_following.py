"""Units that follow a property: sums over stretches against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from charnn.analysis.units import activity as module
from charnn.analysis.units.following import find_followers
from charnn.analysis.units.properties import PROPERTIES
from charnn.analysis.units.traced import activity
from charnn.errors import InputError
from tests.models import random_network


def test_the_best_unit_is_chosen_on_one_half_and_measured_on_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PIECES", 4)
    monkeypatch.setattr(module, "STEPS", 8)
    model = random_network("lstm", vocabulary=4, hidden=6, layers=2)
    ids = np.random.default_rng(2).integers(0, 4, 203).astype(np.uint8)
    stretches = list(activity(model, ids))
    columns = {
        (layer, part, unit): np.concatenate([one.layers[layer].states[part][:, unit] for one in stretches])
        for layer in range(2)
        for part in "hc"
        for unit in range(6)
    }
    # What one unit of the second layer itself says, as yes and no.
    inside = (columns[1, "c", 3] < np.median(columns[1, "c", 3])).astype(float)
    measured = {"quotation": inside, "position": np.arange(203.0), "brackets": np.zeros(203)}
    found = find_followers(activity(model, ids), measured, count=3)
    assert found["brackets"] == []
    assert len(found["quotation"]) == 3
    for name, y in measured.items():
        strength = {key: abs(np.corrcoef(x[:101], y[:101])[0, 1]) for key, x in columns.items() if np.ptp(y)}
        best = sorted(strength, key=lambda key: -strength[key])[:3]
        assert [(one.layer, one.part, one.unit) for one in found[name]] == best
        for one in found[name]:
            x = columns[one.layer, one.part, one.unit]
            assert one.correlation == pytest.approx(np.corrcoef(x[:101], y[:101])[0, 1])
            assert one.held_out == pytest.approx(np.corrcoef(x[101:], y[101:])[0, 1])
            assert (one.auc is not None) == PROPERTIES[name].binary
    itself = next(one for one in found["quotation"] if (one.layer, one.part, one.unit) == (1, "c", 3))
    assert itself.correlation < 0
    assert itself.auc == 1


def test_what_is_constant_on_the_other_half_has_no_figures_there() -> None:
    model = random_network("rnn", vocabulary=3)
    ids = np.random.default_rng(3).integers(0, 3, 40).astype(np.uint8)
    y = np.r_[np.tile([0.0, 1.0], 10), np.zeros(20)]
    (one,) = find_followers(activity(model, ids), {"quotation": y}, count=1)["quotation"]
    assert (one.held_out, one.auc) == (None, None)


def test_a_text_must_have_two_halves() -> None:
    with pytest.raises(InputError, match="3 symbols are too few"):
        find_followers(activity(random_network("rnn"), np.zeros(3, np.uint8)), {"position": np.arange(3.0)}, 1)
