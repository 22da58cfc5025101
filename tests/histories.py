"""Random histories of one deal: lists of steps on the wire, often valid, with collisions on purpose.

A step is `{"event": NAME, "data": {...}}`. Whoever tells the steps to a ledger skips those that it refuses, so a
step cannot know the version that it is about. It carries `"about": n` instead, an index into the entries that
were taken (modulo their number); a correction carries `"mutate": {...}` besides, what to change in the
instrument that stands there. `filled` makes the data of a step out of these. `"schema"` is the schema version at
which the step is told: entries of the first one mean what they meant.

Few names, few keys and few days, so that everything meets everything.
"""

from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.oracle import key_of

Step = dict[str, Any]
Data = dict[str, Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]

FIRST_DAY = date(2024, 12, 12)
WINDOW = 40  # days; New Year is in the middle

PARTIES = ("Ångström AB", "Boreal", "東雲")
PARTNERS = ("Nord", "Émile & fils")
POOLS = ("resellers", "größere Partner")
FLOWS = ("compute", "base fee")
RIGHTS = ("access",)
PROMISES = ("floor",)
NAMES = FLOWS + RIGHTS + PROMISES
CONDITIONS = ("launch", "zweite Prüfung")
TERMS = (
    "1% of revenue",
    "2% of revenue every quarter",
    "3% of revenue",
    "5% of revenue every quarter",
    "20% of revenue every quarter",
    "unknown of revenue",
    "unknown <= 10% of revenue",
)
ALIKE = ("Amended", "InterimAgreed", "PlanAnnounced")  # the same fields: one may be corrected into another

ORDINARY = (
    ["Amended"] * 6
    + ["InterimAgreed"] * 3
    + ["PlanAnnounced"] * 8
    + ["PlanAdopted"] * 4
    + ["PlanWithdrawn"] * 4
    + ["PartnerAdded"] * 3
    + ["PartnerLeft"] * 2
    + ["TermExtended"] * 3
    + ["TermRenewed"] * 2
    + ["DealEnded"]
    + ["ConditionMet"] * 3
    + ["NothingChanged"]
    + ["EntryCorrected"] * 10
    + ["EntryVoided"] * 6
)


class Taken(NamedTuple):
    """An entry that the ledger took."""

    version: int
    event: str
    data: Data


# --- days -------------------------------------------------------------------------------------------------


def shifted(text: str, days: int) -> str:
    return (date.fromisoformat(text) + timedelta(days=days)).isoformat()


def days(first: int = 0, last: int = WINDOW) -> st.SearchStrategy[str]:
    """Days as on the wire, counted from the window's first."""
    return st.integers(first, last).map(lambda n: (FIRST_DAY + timedelta(days=n)).isoformat())


# Instruments are dated on a handful of days, so that ties abound and only the place decides.
dated_days = st.sampled_from(range(0, WINDOW, 7)).map(lambda n: (FIRST_DAY + timedelta(days=n)).isoformat())


schemas = st.sampled_from((1, 2, 2))


def chance(draw: Draw, one_in: int) -> bool:
    return draw(st.integers(1, one_in)) == one_in


# --- clauses ----------------------------------------------------------------------------------------------


def spanned(draw: Draw, clause: Data) -> Data:
    """The clause with the days on which it stands."""
    clause["from"] = draw(days(-5, WINDOW - 5 if chance(draw, 3) else 15))
    if chance(draw, 3):
        clause["through"] = shifted(clause["from"], draw(st.integers(0, 45)))
    if chance(draw, 5):
        clause["until"] = draw(st.sampled_from(CONDITIONS))
    if chance(draw, 5):
        clause["survives"] = True
    if chance(draw, 5):
        clause["then"] = "as before"
    return clause


def two_parties(draw: Draw, parties: tuple[str, ...]) -> Data:
    payer = draw(st.sampled_from(parties))
    payee = draw(st.sampled_from([party for party in parties if party != payer]))
    return {"payer": payer, "payee": payee}


def named(draw: Draw, clause: Data, names: tuple[str, ...]) -> Data:
    """The clause with a name of its kind, seldom with one of another kind, or without."""
    if not chance(draw, 3):
        clause["name"] = draw(st.sampled_from(NAMES if chance(draw, 20) else names))
    return clause


@st.composite
def pays(draw: Draw, parties: tuple[str, ...] = PARTIES) -> Data:
    flow = {"kind": "pays", **two_parties(draw, parties), "terms": draw(st.sampled_from(TERMS))}
    return spanned(draw, named(draw, flow, FLOWS))


@st.composite
def commits(draw: Draw, parties: tuple[str, ...] = PARTIES) -> Data:
    promise = {"kind": "commits", **two_parties(draw, parties), "text": "5m of services"}
    return spanned(draw, named(draw, promise, PROMISES))


@st.composite
def rights(draw: Draw, parties: tuple[str, ...] = PARTIES) -> Data:
    right = {"kind": "right", "holder": draw(st.sampled_from(parties)), "text": "may audit"}
    return spanned(draw, named(draw, right, RIGHTS))


@st.composite
def members(draw: Draw, pools: tuple[str, ...] = POOLS) -> Data:
    member = {"kind": "member", "party": draw(st.sampled_from(PARTIES + PARTNERS))}
    if pools and not chance(draw, 3):
        member["pool"] = draw(st.sampled_from(pools))
    return spanned(draw, member)


@st.composite
def terms(draw: Draw) -> Data:
    term = {"kind": "term", "from": draw(days(-5, WINDOW))}
    if not chance(draw, 5):
        term["through"] = shifted(term["from"], draw(st.integers(0, 60)))
    if chance(draw, 4):
        term["until"] = draw(st.sampled_from(CONDITIONS))
    if chance(draw, 3):
        term["extends"] = True
    return term


@st.composite
def drops(draw: Draw) -> Data:
    payer, payee = draw(st.permutations(PARTIES))[:2]
    keys = [*NAMES, f"{payer} -> {payee}", f"{payer}: may audit", f"{payer} -> {payee}: 5m of services"]
    if chance(draw, 4):
        keys = [f"member {partner} of {pool}" for partner in PARTIES + PARTNERS for pool in POOLS]
    return spanned(draw, {"kind": "drop", "of": draw(st.sampled_from(keys))})


def in_two_steps(draw: Draw, clause: Data) -> list[Data]:
    """A clause that is one thing through a day and another thing from the next day."""
    first = dict(clause)
    first["through"] = shifted(clause["from"], draw(st.integers(0, 20)))
    second = dict(clause)
    second["from"] = shifted(first["through"], draw(st.sampled_from((1, 1, 4))))
    second.pop("through", None)
    if "terms" in clause:
        second["terms"] = draw(st.sampled_from(TERMS))
    return [first, second]


def several(draw: Draw, clauses: st.SearchStrategy[Data], least: int, most: int) -> list[Data]:
    drawn = draw(st.lists(clauses, min_size=least, max_size=most, unique_by=key_of))
    if drawn and drawn[0]["kind"] != "term" and chance(draw, 6):
        return in_two_steps(draw, drawn[0]) + drawn[1:]
    return drawn


def any_clause() -> st.SearchStrategy[Data]:
    return st.one_of(pays(), pays(), pays(), commits(), rights(), rights(), members(), drops(), drops(), terms())


# --- steps ------------------------------------------------------------------------------------------------


def instrument(draw: Draw) -> Data:
    """What every instrument has."""
    data = {"dated": draw(dated_days)}
    if chance(draw, 5):
        data["known_since"] = shifted(data["dated"], draw(st.integers(0, 25)))
    if chance(draw, 4):
        data["evidence"] = "reported"
    if chance(draw, 5):
        data["pools"] = [draw(st.sampled_from(POOLS))]
    return data


@st.composite
def opened(draw: Draw) -> Step:
    parties = tuple(draw(st.permutations(PARTIES)))
    data = instrument(draw)
    if not chance(draw, 4):
        data["dated"] = draw(days(0, 6))
        data.pop("known_since", None)
        data.pop("evidence", None)
    pools = tuple(draw(st.permutations(POOLS)))[: draw(st.integers(0, 2))]
    data.pop("pools", None)
    if pools:
        data["pools"] = list(pools)
    data["title"] = "A deal"
    data["parties"] = list(parties)
    clauses = several(draw, st.one_of(pays(parties), commits(parties), rights(parties)), 1, 4)
    if pools and chance(draw, 2):
        partner, pool = draw(st.sampled_from(parties)), draw(st.sampled_from(pools))
        clauses.append(spanned(draw, {"kind": "member", "party": partner, "pool": pool}))
    if not chance(draw, 3):
        clauses.append(draw(terms()))
    data["clauses"] = clauses
    return {"event": "DealOpened", "data": data, "schema": draw(schemas)}


def partner(draw: Draw) -> Data:
    data = {"party": draw(st.sampled_from(PARTIES + PARTNERS))}
    if chance(draw, 2):
        data["pool"] = draw(st.sampled_from(POOLS))
    return data


@st.composite
def mutations(draw: Draw) -> Data:
    """What a correction changes."""
    changes: dict[str, st.SearchStrategy[Any]] = {
        "dated": dated_days,
        "known_since": st.none() | days(0, WINDOW + 20),
        "evidence": st.sampled_from(("confirmed", "reported")),
        "shift": st.integers(-15, 15),
        "stretch": st.integers(-15, 15),
        "terms": st.sampled_from(TERMS),
        "event": st.sampled_from(ALIKE),
    }
    often = ["dated", "dated", "shift", "shift", "stretch", "terms", "evidence", "known_since", "event"]
    chosen = draw(st.lists(st.sampled_from(often), min_size=1, max_size=3, unique=True))
    return {name: draw(changes[name]) for name in chosen}


@st.composite
def later(draw: Draw) -> Step:
    """Any step but the first."""
    event = draw(st.sampled_from(ORDINARY))
    about, schema = draw(st.integers(0, 13)), draw(schemas)
    if event == "EntryVoided":
        return {"event": event, "about": about, "data": {"reason": "entered twice"}}
    if event == "EntryCorrected":
        told = {"event": event, "about": about, "inner": schema, "data": {"reason": "mistyped"}}
        return {**told, "mutate": draw(mutations())}

    step: Step = {"event": event, "data": instrument(draw), "schema": 2 if event == "TermRenewed" else schema}
    data = step["data"]
    least = 1 if event in (*ALIKE, "PlanAdopted") else 0
    if event in (*ALIKE, "PlanAdopted") or (event != "NothingChanged" and chance(draw, 6)):
        own_term = event in ("TermExtended", "TermRenewed", "DealEnded")
        clauses = any_clause().filter(lambda clause: clause["kind"] != "term") if own_term else any_clause()
        drawn = several(draw, clauses, least, 3)
        if drawn:
            data["clauses"] = drawn
    if event in ("PlanAdopted", "PlanWithdrawn"):
        step["about"] = about
    elif event == "PartnerAdded":
        data.update(partner(draw), **{"from": draw(days(-5, WINDOW))})
    elif event == "PartnerLeft":
        data.update(partner(draw), through=draw(days(0, WINDOW + 5)))
    elif event in ("TermExtended", "TermRenewed"):
        term = draw(terms())
        del term["kind"]
        term.pop("extends", None)
        data.update(term)
    elif event == "DealEnded":
        data["through"] = draw(days(10, WINDOW + 20))
    elif event == "ConditionMet":
        data.update(condition=draw(st.sampled_from(CONDITIONS)), on=draw(days(0, WINDOW + 5)))
    elif event == "NothingChanged":
        data["statement"] = "It all stands."
    return step


def histories(most: int = 20) -> st.SearchStrategy[list[Step]]:
    """An opening, and up to `most` steps after it: all lengths alike."""
    steps = st.integers(0, most).flatmap(lambda least: st.lists(later(), min_size=least, max_size=most))
    return st.tuples(opened(), steps).map(lambda drawn: [drawn[0], *drawn[1]])


Point = tuple[date, date | None, float | None, bool, bool]


def points() -> st.SearchStrategy[Point]:
    """(on, known, how much of the ledger was recorded from 0 to 1, planned, confirmed_only)."""
    near = days(0, WINDOW + 5).map(date.fromisoformat)
    far = days(-15, WINDOW + 75).map(date.fromisoformat)
    share = st.integers(0, 20).map(lambda n: 1 - n / 20)
    return st.tuples(
        st.one_of(near, near, near, far),
        st.one_of(st.none(), near, far),
        st.none() | share,
        st.booleans(),
        st.sampled_from((False, False, True)),
    )


# --- filling in what a step is about ----------------------------------------------------------------------


def corrected(data: Data, event: str, mutation: Data) -> Data:
    """The instrument as it should have been entered: a changed copy."""
    new = deepcopy(data)
    for clause in new.get("clauses", []):
        moved(clause, mutation)
        if clause["kind"] == "pays" and "terms" in mutation:
            clause["terms"] = mutation["terms"]
    if event in ("PartnerAdded", "PartnerLeft", "TermExtended", "TermRenewed", "DealEnded"):
        moved(new, mutation)
    if event == "ConditionMet":
        new["on"] = shifted(new["on"], mutation.get("shift", 0))
    if "dated" in mutation:
        new["dated"] = mutation["dated"]
    if "known_since" in mutation:
        new["known_since"] = mutation["known_since"]
    if new.get("known_since") is None or new["known_since"] < new["dated"]:
        new.pop("known_since", None)
    if mutation.get("evidence") == "reported":
        new["evidence"] = "reported"
    elif "evidence" in mutation:
        new.pop("evidence", None)
    return new


def moved(spans: Data, mutation: Data) -> None:
    """Move `from` and `through` by `shift`, and `through` by `stretch` besides, but never before `from`."""
    shift, stretch = mutation.get("shift", 0), mutation.get("stretch", 0)
    if spans.get("from") is not None:
        spans["from"] = shifted(spans["from"], shift)
    if spans.get("through") is not None:
        spans["through"] = shifted(spans["through"], shift + stretch)
        if spans.get("from") is not None:
            spans["through"] = max(spans["through"], spans["from"])


def corrected_event(event: str, mutation: Data) -> str:
    """What kind of instrument it should have been entered as."""
    return mutation.get("event", event) if event in ALIKE else event


def filled(step: Step, taken: list[Taken]) -> Data:
    """The data of a step, with the version that it is about, after these entries were taken."""
    data = deepcopy(step["data"])
    if "about" not in step:
        return data
    about = step["about"]
    if step["event"] in ("PlanAdopted", "PlanWithdrawn"):
        plans = [entry for entry in taken if kind_of(entry) == "PlanAnnounced"]
        data["plan_version"] = pick(plans or taken, about).version
        return data
    entry = pick(taken, about)
    data["entry_version"] = entry.version
    if step["event"] == "EntryCorrected":
        event, instrument = words_of(entry, taken)
        data["event"] = corrected_event(event, step["mutate"])
        data["schema_of"] = 2 if event == "TermRenewed" else step.get("inner", 1)
        data["data"] = corrected(instrument, event, step["mutate"])
    return data


def pick(taken: list[Taken], about: int) -> Taken:
    return taken[about % len(taken)]


def kind_of(entry: Taken) -> str:
    return entry.data["event"] if entry.event == "EntryCorrected" else entry.event


def words_of(entry: Taken, taken: list[Taken]) -> tuple[str, Data]:
    """The instrument in an entry. A void has none: then that of the entry it voids, for a correction to refuse."""
    while entry.event == "EntryVoided":
        entry = next(other for other in taken if other.version == entry.data["entry_version"])
    if entry.event == "EntryCorrected":
        return entry.data["event"], entry.data["data"]
    return entry.event, entry.data
