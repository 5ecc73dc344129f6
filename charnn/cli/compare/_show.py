"""How a comparison is shown: as a table for people, as CSV, as JSON, as a picture."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from charnn.cli._shared.legible import visible
from charnn.cli._shared.tables import write_table
from charnn.cli._shared.terminal import write, write_csv, write_json
from charnn.cli.compare._plan import Plan

if TYPE_CHECKING:
    from charnn.experiments.search import Tried
    from charnn.experiments.table import Row, Table


@dataclass(frozen=True)
class Form:
    """What the table is printed as, and the picture beside it, if one is wanted."""

    csv: bool
    json: bool
    plot: Path | None
    over: str


def show(table: Table, form: Form) -> None:
    """Print a table, and draw it where that is wanted."""
    from charnn.storage.pictures import write_picture

    if form.plot is not None:
        from charnn.experiments.picture import plot_table

        write_picture(form.plot, plot_table(table, form.over))
    if form.json:
        rows = [_document(row) for row in table.rows]
        write_json({**asdict(table.scored), "rows": rows})
    elif form.csv:
        keys = _keys(table)
        figures = ["n", "mean", "standard_error", "parameters", "seconds", "difference", "p", "states"]
        documents = [_document(row) for row in table.rows]
        write_csv(
            [*keys, *figures],
            [
                [*(row.values.get(key, "") for key in keys), *(_blank(document[figure]) for figure in figures)]
                for row, document in zip(table.rows, documents, strict=True)
            ],
        )
    else:
        _write(table)


def show_search(tried: list[Tried], plan: Plan, *, json: bool) -> None:
    """Print what a search has found, the best first, and the command that trains it."""
    if json:
        write_json(
            [
                {**one.trial.variant, "share": one.share, "validation": one.value, "run": str(one.trial.folder)}
                for one in tried
            ]
        )
        return
    keys = list(tried[0].trial.variant)
    rows = [
        [*(visible(str(one.trial.variant[key])) for key in keys), f"{one.share:.0%}", _number(one.value)]
        for one in tried
    ]
    write_table([*(_short(key, keys) for key in keys), "trained", "validation"], rows, numbers=2)
    write(f"{shlex.join(['charnn', *plan.experiment.command(tried[0].trial)])}\n")


def _write(table: Table) -> None:
    keys = _keys(table)
    columns = [*(_short(key, keys) for key in keys), "n", f"validation {table.scored.measure.replace('_', ' ')}"]
    rows = [
        [
            *(visible(str(row.values.get(key, ""))) for key in keys),
            str(len(row.scores)),
            _with_error(row),
            f"{row.parameters:,}" if row.parameters else "",
            _time(row.seconds),
            _judged(row),
        ]
        for row in table.rows
    ]
    write_table([*columns, "parameters", "time", "beside the best"], rows, numbers=5, names=range(len(keys)))


def _document(row: Row) -> dict[str, Any]:
    return {
        "values": row.values,
        "n": len(row.scores),
        "mean": row.mean,
        "standard_error": row.error,
        "parameters": row.parameters,
        "seconds": row.seconds,
        "best": row.is_best,
        "pairs": row.lead.pairs if row.lead else None,
        "difference": row.lead.difference if row.lead else None,
        "p": row.lead.p if row.lead else None,
        "significant": row.lead.is_significant if row.lead else None,
        "states": " ".join(f"{count} {state}" for state, count in row.states.items()),
        "runs": [
            {"run": str(one.run.path), "seed": one.seed, "state": one.state, "best": one.best, "seconds": one.seconds}
            for one in row.results
        ],
    }


def _keys(table: Table) -> list[str]:
    return list(dict.fromkeys(key for row in table.rows for key in row.values))


def _short(key: str, keys: list[str]) -> str:
    """The last word of a key where no other ends in it."""
    last = key.rpartition(".")[2]
    clashes = [other for other in keys if other.rpartition(".")[2] == last]
    return key if len(clashes) > 1 or last in ("name", "by") else last


def _with_error(row: Row) -> str:
    if row.mean is None:
        return ""
    return f"{row.mean:.4f}" if row.error is None else f"{row.mean:.4f} ± {row.error:.4f}"


def _judged(row: Row) -> str:
    """How a row does beside the best, and what has become of trainings that have not finished."""
    parts = [f"{count} {state}" for state, count in row.states.items()]
    if row.is_best:
        parts.insert(0, "best")
    elif row.lead is not None:
        behind = "" if row.lead.difference is None else f"{row.lead.difference:+.4f}"
        chance = "too few seeds" if row.lead.p is None else _chance(row.lead.p)
        mark = " *" if row.lead.is_significant else ""
        parts.insert(0, ", ".join(part for part in (behind, chance) if part) + mark)
    return "; ".join(parts)


def _chance(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def _time(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _blank(value: Any) -> Any:
    return "" if value is None else value
