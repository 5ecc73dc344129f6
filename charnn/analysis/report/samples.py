"""Words of a report about what a network did while it trained."""

from __future__ import annotations

from charnn.analysis.pages.html import code, paragraph

NOTHING_SAMPLED = paragraph(
    "Nothing was sampled while it trained: the key ", code("train.sample_at"), " says after which steps to."
)


def after_steps(step: int) -> str:
    """When a sample was drawn."""
    return "Before the first step" if step == 0 else f"After {step:,} step{'s' if step > 1 else ''}"
