"""What holds in one deal, worked out the slow way: the judge of the property tests.

Nothing here is clever, and nothing here is from the program that it judges: it reads the lines of an export, as
`json.loads` gives them, and asks every clause of every instrument about one single day. It has no spans, no
cutting and no merging: a question about a month is thirty questions.

The steps, in the order of this file:

1.  Which entries stand? (Corrections and voids, by what was recorded.)
2.  Which instruments count? (Known by then, confirmed if so asked, plans if so asked.)
3.  Which clauses does an instrument set, and under which key?
4.  Which days are in the term, and which conditions were met?
5.  Which clauses cover the day, which of them is the latest, and has one ended that replaced it?
"""

import json
import re
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
    older: bool  # entered when a clause that ended gave way to what was there before, and a term only moved the end


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
        event, data, schema = line["event"], line["data"], line.get("schema", 1)
        if event == "EntryCorrected":
            event, data, schema = data["event"], data["data"], data["schema_of"]
        place = chain(line, by_version)[-1]
        order = (day(data["dated"]), place, line["version"])
        older = schema == 1 or data.get("older_rule", False)
        found.append(Instrument(order, line["version"], line["position"], event, data, older))
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
            if instrument.event != "DealOpened" or instrument.older:
                continue
            # That there is a deal, and between whom, is confirmed by whatever a party confirms of it.
            parties = clauses_of(instrument)[: len(instrument.data["parties"])]
            instrument = instrument._replace(event="Parties", data={**instrument.data, "clauses": parties})
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


def clauses_of(instrument: Instrument) -> list[Clause]:
    event, data = instrument.event, instrument.data
    clauses: list[Clause] = []
    if event == "DealOpened":
        first = data["dated"]
        if not instrument.older:  # a party is one from the first day of which the agreement speaks
            first = min([first] + [clause["from"] for clause in data.get("clauses", [])])
        for party in data["parties"]:
            clauses.append({"kind": "member", "party": party, "from": first, "survives": True})
    if event == "PartnerAdded":
        clauses.append({"kind": "member", "party": data["party"], "from": data["from"], "survives": True})
        if data.get("pool"):
            clauses.append({"kind": "member", "party": data["party"], "from": data["from"], "pool": data["pool"]})
    if event == "PartnerLeft":
        member = {"kind": "member", "party": data["party"], "pool": data.get("pool")}
        after = day(data["through"]) + timedelta(days=1)
        clauses.append({"kind": "drop", "of": key_of(member), "from": after.isoformat(), "survives": True})
    if event in ("TermExtended", "TermRenewed"):
        term = {"kind": "term", "from": data["from"], "extends": event == "TermExtended"}
        term["renews"] = event == "TermRenewed"
        for field in ("through", "until"):
            if data.get(field) is not None:
                term[field] = data[field]
        clauses.append(term)
    if event == "DealEnded":
        clauses.append({"kind": "term", "from": data["through"], "through": data["through"], "ended": True})
    return clauses + list(data.get("clauses", []))


def stops_what_it_replaced(instrument: Instrument, clause: Clause) -> bool:
    """Whether what this clause replaced ends with it."""
    joined = instrument.event == "PartnerAdded" and clause not in instrument.data.get("clauses", [])
    return clause["kind"] != "drop" and not (instrument.older or clause.get("then") or joined)


# --- 4. the term and the conditions -----------------------------------------------------------------------


def in_order(counting: list[Instrument]) -> list[Instrument]:
    return sorted(counting, key=lambda instrument: instrument.order)


def conditions_met(counting: list[Instrument]) -> dict[str, date]:
    met: dict[str, date] = {}
    for instrument in in_order(counting):
        if instrument.event == "ConditionMet":
            met[instrument.data["condition"]] = day(instrument.data["on"])  # a later instrument says it anew
    return met


class Calendar:
    """Which days are in the term of the agreement, as a wall calendar has it: a note on each day.

    The note says which run of terms the day is in (clauses go on within a run), and which term. `closed`: the terms
    with which the deal was ended.
    """

    def __init__(self, first: date, last: date) -> None:
        self.days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        self.notes: dict[date, tuple[int, int]] = {}
        self.closed: set[int] = set()
        self.some = False
        self.count = 0

    def write(self, first: date | None, last: date | None, run: int, term: int) -> None:
        for on in self.days:
            if (first is None or on >= first) and (last is None or on <= last):
                self.notes[on] = (run, term)

    def wipe_from(self, first: date) -> None:
        self.notes = {on: note for on, note in self.notes.items() if on < first}

    def new(self) -> int:
        self.count += 1
        return self.count

    def move(self, last: date | None, ended: bool) -> None:
        """The last term goes on through another day."""
        if not self.some:
            self.some = True
            number = self.new()
            self.write(None, last, number, number)
        else:
            if last is not None:
                self.wipe_from(last + timedelta(days=1))
            end = max(self.notes)
            self.closed.discard(self.notes[end][1])
            self.write(end + timedelta(days=1), last, *self.notes[end])
        self.closed.discard(self.notes[max(self.notes)][1])
        if ended:
            self.closed.add(self.notes[max(self.notes)][1])

    def begin(self, first: date, last: date | None, renews: bool, opens: bool) -> None:
        """A new term from its first day on."""
        self.wipe_from(first)
        number = self.new()
        if not self.some:
            self.some = True
            # Until then it ran without an end; or, where the first agreement says it, it is the first term.
            lead = number if opens else self.new()
            short = opens and last is not None and last < first
            self.write(None, last if short else first - timedelta(days=1), number, lead)
            run = number
        else:
            run = number
            before = self.notes.get(first - timedelta(days=1))
            if before and before[1] not in self.closed:
                run = before[0]
            if renews:
                run = self.notes[max(self.notes)][0]
        self.write(first, last, run, number)

    def in_run_since(self, first: date, on: date) -> bool:
        """Whether what began on the first day, and runs as long as the agreement, is in force on the day."""
        if not self.some:
            return True
        later = [day_ for day_ in self.days if day_ >= first and day_ in self.notes]
        return bool(later) and on in self.notes and self.notes[on][0] == self.notes[later[0]][0]

    def over_since(self, first: date, on: date) -> bool:
        """Whether what began on the first day is over on the day, because the deal was ended."""
        terms = list(dict.fromkeys(term for _, (_, term) in sorted(self.notes.items())))
        for term in terms:
            end = max(on_ for on_, (_, its) in self.notes.items() if its == term)
            if term in self.closed and (end >= first or term == terms[-1]):
                return on > end
        return False


def calendar(lines: list[Line], counting: list[Instrument], met: dict[str, date], on: date) -> Calendar:
    said = [day(text) for text in re.findall(r"\d{4}-\d\d-\d\d", json.dumps(lines))]
    found = Calendar(min([*said, on]) - timedelta(days=3), max([*said, on]) + timedelta(days=3))
    for instrument in in_order(counting):
        for clause in clauses_of(instrument):
            if clause["kind"] != "term":
                continue
            ends = [day(clause["through"])] if clause.get("through") else []
            if clause.get("until") in met:
                ends.append(met[clause["until"]] - timedelta(days=1))
            last, first = min(ends, default=None), day(clause["from"])
            if instrument.older or clause.get("extends") or clause.get("ended"):
                found.move(last, clause.get("ended", False))
            else:
                opens = instrument.event == "DealOpened"
                found.begin(first, last, clause.get("renews", False), opens)
    return found


def term_end(
    lines: list[Line],
    known: date | None = None,
    recorded: int | None = None,
    planned: bool = False,
    confirmed_only: bool = False,
) -> date | None:
    """The last day of the last term; None if it has no end."""
    counting = that_count(lines, known, recorded, planned, confirmed_only)
    found = calendar(lines, counting, conditions_met(counting), day("2025-01-01"))
    last = max(found.notes, default=None)
    return None if last == found.days[-1] else last


def ended(
    lines: list[Line],
    known: date | None = None,
    recorded: int | None = None,
    planned: bool = False,
    confirmed_only: bool = False,
) -> bool:
    """Was the deal ended, so that even what has an end of its own goes no further than the term?"""
    counting = that_count(lines, known, recorded, planned, confirmed_only)
    found = calendar(lines, counting, conditions_met(counting), day("2025-01-01"))
    return bool(found.notes) and found.notes[max(found.notes)][1] in found.closed


# --- 5. what holds on a day -------------------------------------------------------------------------------


def covers(clause: Clause, on: date, met: dict[str, date], found: Calendar) -> bool:
    """Whether the clause speaks of this day."""
    first = day(clause["from"])
    if on < first:
        return False
    if clause.get("through") is not None and on > day(clause["through"]):
        return False
    if clause.get("until") in met and on >= met[clause["until"]]:
        return False
    if clause["kind"] == "drop" or clause.get("survives", False):
        return True
    if clause.get("through") is not None:
        return not found.over_since(first, on)
    return found.in_run_since(first, on)


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
    found = calendar(lines, counting, met, on)
    said = [(i, clause) for i in in_order(counting) for clause in clauses_of(i) if clause["kind"] != "term"]

    held: dict[str, tuple[Instrument, Clause]] = {}
    for instrument, clause in said:  # the latest is written last, and stays
        if covers(clause, on, met, found):
            held[key_of(clause)] = (instrument, clause)

    answer = {}
    for key, (instrument, clause) in held.items():
        later = [(i, c) for i, c in said if key_of(c) == key and i.order[:2] > instrument.order[:2]]
        if clause["kind"] != "drop" and not any(ended_between(i, c, clause, on, met, found) for i, c in later):
            position, standing = instrument.position, standing_of(instrument.event)
            answer[key] = Held(position, clause["kind"], clause, standing)
    return answer


def ended_between(
    instrument: Instrument, later: Clause, clause: Clause, on: date, met: dict[str, date], found: Calendar
) -> bool:
    """Whether a later clause stood on a day since this one began, and does not any more: then this one is gone too."""
    if not stops_what_it_replaced(instrument, later):
        return False
    since = day(clause["from"])
    return any(covers(later, since + timedelta(days=n), met, found) for n in range((on - since).days))
