"""What holds in one deal, worked out the slow way: the judge of the property tests.

Nothing here is clever, and nothing here is from the program that it judges: it reads the lines of an export, as
`json.loads` gives them, and asks every clause of every instrument about one single day. It has no spans, no
cutting and no merging: a question about a month is thirty questions.

The steps, in the order of this file:

1.  Which entries stand? (Corrections and voids, by what was recorded.)
2.  Which instruments count? (Known by then, confirmed if so asked, plans if so asked.)
3.  Which clauses does an instrument set, and under which key?
4.  When does the term end, and which conditions were met?
5.  Which clauses cover the day, and which of them is the latest?
"""

from datetime import date, timedelta
from typing import Any, NamedTuple

Line = dict[str, Any]  # one line of an export
Clause = dict[str, Any]  # one clause, as on the wire


class Held(NamedTuple):
    """A clause that holds on the day that was asked about."""

    position: int  # of the entry whose words hold; of the correcting entry, where one was corrected
    kind: str
    clause: Clause
    standing: str


class Instrument(NamedTuple):
    """What an entry that stands says: its own instrument, or the corrected one."""

    order: tuple[date, int, int]  # (dated, place, version); the latest wins
    version: int
    position: int
    event: str
    data: dict[str, Any]


def day(text: str) -> date:
    return date.fromisoformat(text)


# --- 1. which entries stand -------------------------------------------------------------------------------


def chain(line: Line, by_version: dict[int, Line]) -> list[int]:
    """The versions of a correction, of what it corrects, of what that corrects... back to the first entry."""
    versions = [line["version"]]
    while line["event"] == "EntryCorrected":
        line = by_version[line["data"]["entry_version"]]
        versions.append(line["version"])
    return versions


def recorded_by(lines: list[Line], recorded: int | None) -> list[Line]:
    return [line for line in lines if recorded is None or line["position"] <= recorded]


def entries_that_stand(lines: list[Line]) -> list[Line]:
    """Those that no later entry that itself stands has voided or replaced: so begin with the last one."""
    by_version = {line["version"]: line for line in lines}
    standing: list[Line] = []
    undone: set[int] = set()
    for line in reversed(lines):
        if line["version"] in undone:
            continue
        standing.append(line)
        if line["event"] == "EntryVoided":
            undone.add(line["data"]["entry_version"])
        if line["event"] == "EntryCorrected":
            undone.update(chain(line, by_version)[1:])
    standing.reverse()
    return standing


# --- 2. which instruments count ---------------------------------------------------------------------------


def instruments(lines: list[Line]) -> list[Instrument]:
    """The instruments of the entries that stand, each in its place."""
    by_version = {line["version"]: line for line in lines}
    found = []
    for line in entries_that_stand(lines):
        if line["event"] == "EntryVoided":
            continue
        event, data = line["event"], line["data"]
        if event == "EntryCorrected":
            event, data = data["event"], data["data"]
        place = chain(line, by_version)[-1]
        order = (day(data["dated"]), place, line["version"])
        found.append(Instrument(order, line["version"], line["position"], event, data))
    return found


def standing_of(event: str) -> str:
    return {"InterimAgreed": "interim", "PlanAnnounced": "planned"}.get(event, "binding")


def that_count(
    lines: list[Line], known: date | None, recorded: int | None, planned: bool, confirmed_only: bool
) -> list[Instrument]:
    lines = recorded_by(lines, recorded)
    by_version = {line["version"]: line for line in lines}

    found = []
    for instrument in instruments(lines):
        since = day(instrument.data.get("known_since") or instrument.data["dated"])
        if known is not None and since > known:
            continue
        if confirmed_only and instrument.data.get("evidence", "confirmed") == "reported":
            continue
        found.append(instrument)

    settled_plans = set()  # by the version of the first entry of the chain
    for instrument in found:
        if instrument.event in ("PlanWithdrawn", "PlanAdopted"):
            plan = by_version[instrument.data["plan_version"]]
            settled_plans.add(chain(plan, by_version)[-1])

    counting = []
    for instrument in found:
        if standing_of(instrument.event) == "planned":
            place = instrument.order[1]
            if not planned or place in settled_plans:
                continue
        counting.append(instrument)
    return counting


# --- 3. what an instrument sets ---------------------------------------------------------------------------


def key_of(clause: Clause) -> str:
    kind = clause["kind"]
    if kind == "drop":
        return clause["of"]
    if kind == "term":
        return "term"
    if kind == "member":
        if clause.get("pool"):
            return f"member {clause['party']} of {clause['pool']}"
        return f"party {clause['party']}"
    if clause.get("name"):
        return clause["name"]
    if kind == "pays":
        return f"{clause['payer']} -> {clause['payee']}"
    if kind == "commits":
        return f"{clause['payer']} -> {clause['payee']}: {clause['text']}"
    if kind == "right":
        return f"{clause['holder']}: {clause['text']}"
    raise ValueError(clause)


def clauses_of(event: str, data: dict[str, Any]) -> list[Clause]:
    clauses: list[Clause] = []
    if event == "DealOpened":
        for party in data["parties"]:
            clauses.append({"kind": "member", "party": party, "from": data["dated"], "survives": True})
    if event == "PartnerAdded":
        clauses.append({"kind": "member", "party": data["party"], "from": data["from"], "survives": True})
        if data.get("pool"):
            clauses.append({"kind": "member", "party": data["party"], "from": data["from"], "pool": data["pool"]})
    if event == "PartnerLeft":
        member = {"kind": "member", "party": data["party"], "pool": data.get("pool")}
        after = day(data["through"]) + timedelta(days=1)
        clauses.append({"kind": "drop", "of": key_of(member), "from": after.isoformat(), "survives": True})
    if event == "TermExtended":
        term = {"kind": "term", "from": data["from"]}
        for field in ("through", "until"):
            if data.get(field) is not None:
                term[field] = data[field]
        clauses.append(term)
    if event == "DealEnded":
        clauses.append({"kind": "term", "from": data["through"], "through": data["through"], "ended": True})
    return clauses + list(data.get("clauses", []))


# --- 4. the term and the conditions -----------------------------------------------------------------------


def in_order(counting: list[Instrument]) -> list[Instrument]:
    return sorted(counting, key=lambda instrument: instrument.order)


def conditions_met(counting: list[Instrument]) -> dict[str, date]:
    met: dict[str, date] = {}
    for instrument in in_order(counting):
        if instrument.event == "ConditionMet":
            met[instrument.data["condition"]] = day(instrument.data["on"])  # a later instrument says it anew
    return met


def term_clause(counting: list[Instrument]) -> Clause | None:
    latest = None
    for instrument in in_order(counting):
        for clause in clauses_of(instrument.event, instrument.data):
            if clause["kind"] == "term":
                latest = clause
    return latest


def last_day_of_term(counting: list[Instrument]) -> date | None:
    term = term_clause(counting)
    if term is None:
        return None
    ends = []
    if term.get("through") is not None:
        ends.append(day(term["through"]))
    met = conditions_met(counting)
    if term.get("until") in met:
        ends.append(met[term["until"]] - timedelta(days=1))
    return min(ends) if ends else None


def term_end(
    lines: list[Line],
    known: date | None = None,
    recorded: int | None = None,
    planned: bool = False,
    confirmed_only: bool = False,
) -> date | None:
    """The last day of the term; None if it has no end."""
    return last_day_of_term(that_count(lines, known, recorded, planned, confirmed_only))


def ended(
    lines: list[Line],
    known: date | None = None,
    recorded: int | None = None,
    planned: bool = False,
    confirmed_only: bool = False,
) -> bool:
    """Was the deal ended, so that even what has an end of its own goes no further than the term?"""
    term = term_clause(that_count(lines, known, recorded, planned, confirmed_only))
    return term is not None and term.get("ended", False)


# --- 5. what holds on a day -------------------------------------------------------------------------------


def covers(clause: Clause, on: date, met: dict[str, date], last: date | None, over: bool) -> bool:
    """Whether the clause speaks of this day. `last`: the last day of the term. `over`: the deal was ended."""
    if on < day(clause["from"]):
        return False
    if clause.get("through") is not None and on > day(clause["through"]):
        return False
    if clause.get("until") in met and on >= met[clause["until"]]:
        return False
    if last is None or on <= last:
        return True
    # The day is after the term.
    if clause["kind"] == "drop" or clause.get("survives", False):
        return True
    return clause.get("through") is not None and not over


def holding(
    lines: list[Line],
    on: date,
    known: date | None = None,
    recorded: int | None = None,
    planned: bool = False,
    confirmed_only: bool = False,
) -> dict[str, Held]:
    """The clauses that hold on this day, by key."""
    counting = that_count(lines, known, recorded, planned, confirmed_only)
    met = conditions_met(counting)
    last = last_day_of_term(counting)
    term = term_clause(counting)
    over = term is not None and term.get("ended", False)

    held: dict[str, Held] = {}
    for instrument in in_order(counting):  # the latest is written last, and stays
        for clause in clauses_of(instrument.event, instrument.data):
            if clause["kind"] != "term" and covers(clause, on, met, last, over):
                held[key_of(clause)] = Held(instrument.position, clause["kind"], clause, standing_of(instrument.event))
    return {key: each for key, each in held.items() if each.kind != "drop"}
