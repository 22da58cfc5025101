"""Files of revenue lines to test with: rows in CSV, in JSON Lines and in typed Parquet."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from projections.revenue.take import take
from projections.revenue.taken import Taken

HEADER = "deal,day,measure,amount,currency,product"
CUTS = {"acme-bolt": [date(2025, 1, 16), date(2025, 3, 1)], "cargo": []}


def cuts(deals: Collection[str]) -> Mapping[str, Sequence[date]]:
    """There are two deals, and something changes for acme-bolt in the middle of January."""
    return {deal: CUTS[deal] for deal in deals if deal in CUTS}


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


def taken(path: Path, **asked: Any) -> Taken:
    return take(path, cuts=cuts, **asked)


def shown(found: Taken) -> list[str]:
    """Each sum as one line."""
    return [
        f"{s.deal} {s.measure} {s.span} {s.amount} {s.currency or '-'} {dict(s.dimensions)} "
        f"{s.rows} {s.first_row}-{s.last_row}"
        for s in found.sums
    ]


def json_lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    return written(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
