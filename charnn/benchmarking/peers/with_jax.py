"""The same training step by JAX: a scan over the steps, and the whole update compiled by XLA.

The equations are the lecture's, as charnn/cells has them; clipping and Adam are those of the other contenders. JAX is
an optional dependency of the development of charnn: `pip install --group peers`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import cycle
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charnn.data.running_text.lanes import Lanes
from charnn.data.text.units import Ids
from charnn.errors import UsageError

RATE, FADE, EPSILON, CLIP = 0.002, (0.9, 0.999), 1e-8, 1.0

Parameters = dict[str, Any]

CELLS = ("rnn", "simple-gru", "gru", "lstm")
"""The cells that are written here."""


def jax_step(cell: str, weights: Mapping[str, NDArray[Any]], ids: Ids, lanes: int, steps: int) -> Callable[[], float]:
    """A training step of one layer, which returns the mean loss.

    Args:
        cell: one of `CELLS`.
        weights: W_x, W_h, b, W_q and b_q that it starts from.
        ids: the text.
        lanes: B.
        steps: T.

    Raises:
        UsageError: JAX is not installed.
    """
    try:
        import jax
        import jax.numpy as jnp
    except ImportError as error:
        raise UsageError("JAX is not installed: `pip install jax` makes it a contender") from error

    hidden = weights["W_h"].shape[0]
    parts = 2 if cell == "lstm" else 1
    step_of_cell = _equations(cell, hidden)

    def loss(parameters: Parameters, state: Any, inputs: Any, targets: Any) -> Any:
        def advance(state: Any, x: Any) -> Any:
            state = step_of_cell(parameters, state, parameters["W_x"][x] + parameters["b"])
            return state, state[0]

        last, h = jax.lax.scan(advance, state, inputs)
        logits = h @ parameters["W_q"] + parameters["b_q"]
        chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), targets[..., None], -1)
        return -chosen.mean(), last

    def update(learned: Any, state: Any, inputs: Any, targets: Any) -> Any:
        parameters, first, second, count = learned
        (nats, last), gradients = jax.value_and_grad(loss, has_aux=True)(parameters, state, inputs, targets)
        norm = jnp.sqrt(sum((gradient**2).sum() for gradient in gradients.values()))
        gradients = {name: gradient * jnp.minimum(1, CLIP / norm) for name, gradient in gradients.items()}
        count = count + 1
        first = {name: FADE[0] * first[name] + (1 - FADE[0]) * gradients[name] for name in gradients}
        second = {name: FADE[1] * second[name] + (1 - FADE[1]) * gradients[name] ** 2 for name in gradients}
        changed = {}
        for name, weight in parameters.items():
            mean, square = first[name] / (1 - FADE[0] ** count), second[name] / (1 - FADE[1] ** count)
            changed[name] = weight - RATE * mean / (jnp.sqrt(square) + EPSILON)
        return (changed, first, second, count), last, nats

    compiled = jax.jit(update)
    parameters = {name: jnp.asarray(weight) for name, weight in weights.items()}
    zeros = {name: jnp.zeros_like(weight) for name, weight in parameters.items()}
    now: dict[str, Any] = {
        "learned": (parameters, zeros, zeros, jnp.zeros((), parameters["W_h"].dtype)),
        "state": tuple(jnp.zeros((lanes, hidden), parameters["W_h"].dtype) for _ in range(parts)),
    }
    windows = Lanes(ids, lanes)
    starts = cycle(range(0, windows.length, steps))

    def step() -> float:
        inputs, targets = (np.asarray(part, dtype=np.int32) for part in windows.window(next(starts), steps))
        now["learned"], now["state"], nats = compiled(now["learned"], now["state"], inputs, targets)
        return float(nats)

    return step


def _equations(cell: str, hidden: int) -> Callable[[Parameters, Any, Any], Any]:
    """step(parameters, state, W_x x_t + b) of a cell."""
    import jax
    import jax.numpy as jnp

    sigmoid = jax.nn.sigmoid

    def rnn(p: Parameters, state: Any, a: Any) -> Any:
        (h,) = state
        return (jnp.tanh(a + h @ p["W_h"]),)

    def simple_gru(p: Parameters, state: Any, a: Any) -> Any:
        (h,) = state
        a = a + h @ p["W_h"]
        u, candidate = sigmoid(a[:, :hidden]), jnp.tanh(a[:, hidden:])
        return (u * candidate + (1 - u) * h,)

    def gru(p: Parameters, state: Any, a: Any) -> Any:
        (h,) = state
        gates = sigmoid(a[:, : 2 * hidden] + h @ p["W_h"][:, : 2 * hidden])
        u, r = gates[:, :hidden], gates[:, hidden:]
        candidate = jnp.tanh(a[:, 2 * hidden :] + (r * h) @ p["W_h"][:, 2 * hidden :])
        return (u * candidate + (1 - u) * h,)

    def lstm(p: Parameters, state: Any, a: Any) -> Any:
        h, c = state
        a = a + h @ p["W_h"]
        u, f, o = (sigmoid(a[:, gate * hidden : (gate + 1) * hidden]) for gate in range(3))
        c = u * jnp.tanh(a[:, 3 * hidden :]) + f * c
        return o * jnp.tanh(c), c

    return {"rnn": rnn, "simple-gru": simple_gru, "gru": gru, "lstm": lstm}[cell]
