"""The whole report of a run: what was trained, how the training went, and what came of it.

The same run gives the same page, apart from the facts of the machine that writes it. The page needs no matplotlib and
fetches nothing.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from charnn.analysis.pages import line_chart
from charnn.analysis.pages.html import Html, code, element, facts, paragraph, section
from charnn.analysis.pages.page import page
from charnn.analysis.report import table, text
from charnn.analysis.report.curves import curves_section
from charnn.analysis.units import colours
from charnn.configuration.sections.corpus import Table
from charnn.runs.layout import CONFIG
from charnn.runs.overview import overview
from charnn.runs.run import Run


def report(run: Run, environment: Mapping[str, str], baseline: Mapping[str, Any] | None = None) -> str:
    """The report as a page of HTML.

    Args:
        run: the run.
        environment: facts about this machine, by name.
        baseline: the best n-gram model's score on the validation part; by default the one that the run holds, if any.

    Raises:
        RunError: the run is incomplete or damaged.
    """
    best = baseline or run.baseline()
    data = table if isinstance(run.config().corpus, Table) else text
    return page(
        run.path.resolve().name,
        _summary(run),
        data.scores_section(run, best),
        curves_section(run, best),
        *data.examples_sections(run),
        _repetition_section(run),
        section("The machine that wrote this report", facts(environment.items())),
        style=line_chart.STYLE + colours.style(),
    )


def _summary(run: Run) -> Html:
    known, config, vocabularies = overview(run), run.config(), run.vocabularies()
    parameters = run.parameters()
    sizes = " → ".join(f"{len(one)} different {one.unit}s" for one in vocabularies if one is not None)
    data = "table" if isinstance(config.corpus, Table) else "text"
    steps = f"{known.step:,} step{'s' if known.step != 1 else ''}"
    return facts(
        [
            ("model", known.model if parameters is None else f"{known.model}, {parameters:,} parameters"),
            (data, f"{known.text or 'unknown'}, {sizes}"),
            ("training", f"{steps}, {known.epoch:.2f} epochs, {_duration(known.seconds)} of updates"),
            ("state", known.state),
        ]
    )


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.1f} minutes"


def _repetition_section(run: Run) -> Html:
    """The command and the configuration that repeat the run."""
    if run.config().corpus.is_absent:
        return section("How to repeat it", paragraph("The network was imported, and was not trained here."))
    command = f"charnn train --config {shlex.quote(str(run.path / CONFIG))}"
    words = (
        "trains the same model again, to the byte on a machine of the same kind, unless it was started with ",
        code("--init"),
        ". Elsewhere, save this configuration into a file and name that file instead:",
    )
    configuration = element("pre", run.config().to_yaml(), dir="ltr")
    return section("How to repeat it", element("pre", command, dir="ltr"), paragraph(*words), configuration)
