"""Random windows on the `native` and the `manual` engine."""

from __future__ import annotations

from random import Random

import torch

from charnn.bptt.engines.manual import Manual
from charnn.bptt.engines.native import Native
from charnn.bptt.rows import Gates
from tests.models import KERNEL_CELLS, random_cell, random_state, relative_difference


def compare_many(count: int, seed: int) -> None:
    """Random cells, shapes, inputs, ξ, carried states and types; outputs and all gradients."""
    random = Random(seed)
    for number in range(count):
        compare_once(Random(f"{seed} {number} {random.random()}"))


def compare_once(random: Random) -> None:
    dtype = random.choice([torch.float32, torch.float64])
    name, seed = random.choice(KERNEL_CELLS), random.randrange(2**30)
    steps, lanes = random.choice([1, 2, 3, 7]), random.choice([1, 2, 3, 4, 5, 6, 7, 13, 26])
    # In float32 a gradient of few numbers may be what is left of far larger ones, with as large an error.
    widths = [16, 17, 31, 33, 64, 70, 140] if dtype == torch.float32 else [1, 2, 3, 4, 7, 8, 9, 16, 17, 31, 33, 64, 70]
    inputs, hidden = random.randint(1, 6), random.choice(widths)
    one_hot = random.random() < 0.5
    xi: Gates | None = [random.choice([0.0, 1.0, 1.25, 2.0]) for _ in range(steps)] if random.random() < 0.5 else None
    of_rows, ends = random.random() < 0.3, None
    if xi and of_rows:
        xi = torch.tensor([[random.choice([0.0, 1.0, 1.25, 2.0]) for _ in range(lanes)] for _ in range(steps)]).to(
            dtype
        )
    if random.random() < 0.5:
        lengths = [random.randint(0, steps) for _ in range(lanes)]
        # In ascending order, kernels leave out rows that have ended.
        ends = torch.tensor(sorted(lengths) if random.random() < 0.5 else lengths)
    # Which of the outputs the loss reads: h_t of all steps, and each part of the last state.
    read = [random.random() < 0.7 for _ in range(3)]
    read[0] |= not any(read[:2])
    results = []
    for engine in (Manual(), Native()):
        cell = random_cell(name, inputs, hidden, seed, dtype=dtype)
        x = torch.randint(0, inputs, (steps, lanes)) if one_hot else torch.randn(steps, lanes, inputs).to(dtype)
        state = random_state(cell, lanes)
        if not one_hot:
            x.requires_grad_()
        out, last = engine(cell, x, state, xi, ends)
        if ends is not None:  # what is beyond a row's end is not read
            out = torch.where((torch.arange(steps)[:, None] < ends)[..., None], out, 0)
        weights = [torch.randn_like(part) for part in (out, *last)]
        parts = [(p * w).sum() for p, w, taken in zip((out, *last), weights, read, strict=False) if taken]
        loss = torch.stack(parts).sum()
        leaves = [*cell.parameters(), *state, *([] if one_hot else [x])]
        found = torch.autograd.grad(loss, leaves, allow_unused=True)
        results.append([out, *last, *(torch.zeros(1) if part is None else part for part in found)])
    bound = 1e-10 if dtype == torch.float64 else 1e-5
    for expected, found in zip(*results, strict=True):
        assert relative_difference(found, expected) < bound, (name, dtype, steps, lanes, inputs, hidden, xi)
