"""Asking how it came to be: `log`, `why`, `diff`, `upcoming`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from cli.options import Asked, with_csv, with_json, with_ledger, with_points
from cli.render import as_csv, as_json, as_table, counted, line, words

if TYPE_CHECKING:
    from projections.point import Point

NOTHING = 4
LOG_COLUMNS = (
    "position", "recorded_at", "recorded_by", "deal", "version", "event", "dated", "known_since", "standing",
    "evidence", "says", "note", "undone_by", "undone_how", "key",
)  # fmt: skip
VERDICT_COLUMNS = (
    "position", "event", "says", "dated", "known_since", "standing", "evidence", "verdict", "reason",
)  # fmt: skip
CHANGE_COLUMNS = ("deal", "key", "from", "through", "before", "after", "before_entry", "after_entry")
COMING_COLUMNS = ("day", "deal", "key", "what", "before", "after", "entry")


@click.command("log")
@click.argument("deal", required=False)
@with_points
@with_ledger
@with_json
@with_csv
def log_(deal: str | None, asked: Asked, address: str, json: bool, csv: bool) -> None:
    """The entries of a deal, or of all, and what they say.

    --known leaves out what was not known yet; --on leaves only what sets something for that day.

    \b
    Example:
      deal log openai-microsoft --known 2025-05-06
    """
    from ledger.application import Ledger
    from projections.history import log

    with Ledger(address, "read") as ledger:
        point = asked.point(ledger)
        rows = counted(log(ledger, point, deal, _day_given(asked)))
        if json:
            filtered = point.json() if _day_given(asked) else {**point.json(), "on": None}
            as_json({"schema": "deal.log/1", **filtered, "entries": list(rows)})
        elif csv:
            as_csv(LOG_COLUMNS, ({**row, "says": "; ".join(row["says"])} for row in rows))
        else:
            for row in rows:
                show_entry(row)
    if not rows.count:
        words(f"There is no entry {point}.")
        click.get_current_context().exit(NOTHING)


@click.command("why")
@click.argument("deal")
@click.argument("clause")
@with_points
@with_ledger
@with_json
@with_csv
def why_(deal: str, clause: str, asked: Asked, address: str, json: bool, csv: bool) -> None:
    """Why a clause is what it is: what holds, by which entries and sources, and what did not count.

    CLAUSE is its name, or 'PAYER -> PAYEE' where it has none.

    \b
    Example:
      deal why openai-microsoft revenue_share --on 2025-05-08
    """
    from ledger.application import Ledger
    from ledger.clauses import clean
    from projections.why import why

    with Ledger(address, "read") as ledger:
        point = asked.point(ledger)
        answer = why(deal, ledger.history(deal), clean(clause), point)
    if json:
        as_json(answer)
    elif csv:
        as_csv(VERDICT_COLUMNS, answer["verdicts"])
    else:
        _why(answer, point)
    if not answer["holds"]:
        click.get_current_context().exit(NOTHING)


@click.command("diff")
@click.argument("deal", required=False)
@with_points
@with_ledger
@with_json
@with_csv
def diff_(deal: str | None, asked: Asked, address: str, json: bool, csv: bool) -> None:
    """What differs between two points in time.

    Give one clock as A..B: --on (what the contract does), --known (what the world learnt) or --recorded (what our
    books learnt: the restatement report). With --known or --recorded, --on looks at one day only.

    \b
    Example:
      deal diff openai-microsoft --known 2025-01-20..2025-01-21
      deal diff --recorded '#3..#7'
    """
    from ledger.application import Ledger
    from projections.diff import diff
    from projections.touched import differing

    first, second = _two_points(asked)
    with Ledger(address, "read") as ledger:
        before, after = first.point(ledger), second.point(ledger)
        on = before.on if _day_given(asked) and before.on == after.on else None
        # Where none differs, one of them still says between which points.
        names = [deal] if deal else differing(ledger, before, after) or ledger.entries.deals()[:1]
        answers = [diff(slug, entries, before, after, on) for slug, entries in ledger.histories(names)]
    rows = [{"deal": answer["deal"], **row} for answer in answers for row in answer["changes"]]
    if json:
        shape = {**answers[0], "deal": deal, "changes": rows} if answers else {"schema": "deal.diff/1", "changes": []}
        as_json(shape)
    elif csv:
        as_csv(CHANGE_COLUMNS, rows)
    else:
        all_days = before.on == after.on and on is None
        line(f"Before: {before.said(all_days)}", bold=True)
        line(f"After:  {after.said(all_days)}", bold=True)
        as_table(("DEAL", "CLAUSE", "ON DAYS", "BEFORE", "AFTER", "BY"), [_change(row) for row in rows])
    if not rows:
        words("Nothing differs.")


@click.command("upcoming")
@click.argument("deal", required=False)
@click.option("--within", default="365d", metavar="DAYS", help="How far to look: 90d, 12m, 2y.", show_default=True)
@with_points
@with_ledger
@with_json
@with_csv
def upcoming_(deal: str | None, within: str, asked: Asked, address: str, json: bool, csv: bool) -> None:
    """Ends, steps, plans due and conditions pending, from the day --on onwards.

    \b
    Example:
      deal upcoming --within 365d --on 2030-06-30
    """
    from ledger.application import Ledger
    from ledger.calendar import Span, after
    from projections.touched import coming
    from projections.upcoming import upcoming

    with Ledger(address, "read") as ledger:
        point = asked.point(ledger)
        window = Span(after(point.on), after(_last(point, within)))
        names = [deal] if deal else coming(ledger, point, window)
        found = [c for slug, entries in ledger.histories(names) for c in upcoming(slug, entries, point, window)]
    rows = [c.json() for c in sorted(found, key=lambda c: (c.day is None, c.day, c.deal, c.key))]
    if json:
        as_json({"schema": "deal.upcoming/1", **point.json(), "through": str(_last(point, within)), "rows": rows})
    elif csv:
        as_csv(COMING_COLUMNS, rows)
    else:
        as_table(("DAY", "DEAL", "CLAUSE", "WHAT", "BEFORE", "AFTER", "BY"), [_coming(row) for row in rows])
    if not rows:
        words(f"Nothing comes through {_last(point, within)}.")
        click.get_current_context().exit(NOTHING)


# --- words to values --------------------------------------------------------------------------------------


def _day_given(asked: Asked) -> bool:
    return bool(asked.on or asked.as_of)


def _two_points(asked: Asked) -> tuple[Asked, Asked]:
    """The two points of `A..B`, in whichever clock it is given."""
    for clock in ("on", "known", "recorded", "as_of"):
        text = getattr(asked, clock)
        if text and ".." in text:
            first, _, second = text.partition("..")
            return replace(asked, **{clock: first.strip()}), replace(asked, **{clock: second.strip()})
    raise click.UsageError("Give two points in one clock, for example --known 2025-01-20..2025-01-21.")


def _last(point: Point, within: str) -> Any:
    from ledger.calendar import add_months

    match = re.fullmatch(r"(\d{1,5})([dmy]?)", within)
    if not match:
        raise click.UsageError(f"'{within}' is not a length of time. Write 90d, 12m or 2y.")
    number, unit = int(match[1]), match[2] or "d"
    if unit == "d":
        from datetime import date, timedelta

        return point.on + min(timedelta(days=number), date.max - point.on)
    return add_months(point.on, number * (12 if unit == "y" else 1))


# --- values to words --------------------------------------------------------------------------------------


def show_entry(row: dict[str, Any]) -> None:
    """An entry as `log` prints it."""
    dated = f", dated {row['dated']}" if row["dated"] else ""
    known = f", known since {row['known_since']}" if row["known_since"] != row["dated"] else ""
    extras = [word for word in (row["standing"], row["evidence"]) if word and word not in ("binding", "confirmed")]
    kinds = f" ({', '.join(extras)})" if extras else ""
    line(f"#{row['position']} {row['deal']} {row['event']}{kinds}{dated}{known}", bold=True)
    for text in row["says"]:
        line(f"    {text}")
    for source in row["sources"]:
        line(f"    source: {_source(source)}")
    if row["note"]:
        line(f"    note: {row['note']}")
    if row["undone_how"]:
        line(f"    {row['undone_how']}")
    line(f"    recorded {row['recorded_at']} by {row['recorded_by'] or 'nobody named'}")


def _source(source: dict[str, Any]) -> str:
    said = [source.get("publisher"), source.get("title"), source.get("published"), source.get("address")]
    quote = f' "{source["quote"]}"' if source.get("quote") else ""
    return ", ".join(str(part) for part in said if part) + quote


def _why(answer: dict[str, Any], point: Point) -> None:
    holds = answer["holds"]
    line(f"{answer['deal']}, {answer['clause']}, {point}", bold=True)
    if holds:
        says = next(v["says"] for v in answer["verdicts"] if v["verdict"] == "holds")
        line(f"holds: {says}")
        for text in _ends(holds, answer["ends_by"]):
            line(text)
    else:
        line("nothing holds")
    if answer["because"]:
        line()
        line("Because of", bold=True)
        for row in answer["because"]:
            show_entry(row)
    line()
    line("All that was said about it", bold=True)
    as_table(
        ("ENTRY", "DATED", "SAYS", "VERDICT", "WHY"),
        [(f"#{v['position']}", v["dated"], v["says"], v["verdict"], v["reason"]) for v in answer["verdicts"]],
    )
    if answer["later"]:
        line()
        line("Later", bold=True)
        as_table(
            ("FROM", "SAYS", "STANDING", "ENTRY"),
            [(row["from"], row["says"], row["standing"], f"#{row['entry']}") for row in answer["later"]],
        )


def _ends(holds: dict[str, Any], ends_by: str | None) -> Iterator[str]:
    """When what holds ends: on which day, or by which condition; and whether something else holds before that."""
    if holds["through"] and ends_by:
        yield f"its last day is {holds['through']}, by {ends_by}"
    elif holds["until"] and not holds["through"]:
        yield f"it ends when '{holds['until']}' is met" + (f", by {ends_by}" if ends_by else "")
    elif ends_by:
        yield f"it has no last day, by {ends_by}"
    if holds["holds_through"] != holds["through"]:
        yield f"something else is said of the days after {holds['holds_through']}"


def _change(row: dict[str, Any]) -> list[str]:
    days = f"{row['from']} to {row['through'] or 'open'}" if row["from"] else "-"
    entries = [f"#{row[name]}" if row[name] else "-" for name in ("before_entry", "after_entry")]
    return [row["deal"], row["key"], days, row["before"] or "nothing", row["after"] or "nothing", " -> ".join(entries)]


def _coming(row: dict[str, Any]) -> list[Any]:
    entry = f"#{row['entry']}"
    return [row["day"] or "when met", row["deal"], row["key"], row["what"], row["before"], row["after"], entry]
