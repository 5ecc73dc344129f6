"""The section `clip`: the bound on gradients."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from charnn.configuration.types import Positive, Section


class Clip(Section):
    """What is done to a gradient that is too large."""

    by: Literal["none", "norm", "value"] = "norm"
    """Whether the `norm` of the whole gradient is bounded, each `value` of it, or `none`."""
    threshold: Positive | None = None
    """The bound."""

    @model_validator(mode="after")
    def _threshold_where_it_belongs(self) -> Self:
        if self.by == "none" and self.threshold is not None:
            raise ValueError("`threshold` has no effect with `by: none`: remove it")
        if self.by != "none" and self.threshold is None:
            object.__setattr__(self, "threshold", 1.0)
        return self
