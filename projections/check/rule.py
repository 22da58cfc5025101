"""What the books say: the one rule, from the entries alone."""

import json
from datetime import date, timedelta
from typing import Any, Dict, Iterator, List, Optional

FIRST, NO_END = "0001-01-01", "9999-12-31"
SPAN = ("from", "through", "until", "survives", "then")

Told = Dict[str, Any]
"""What JSON says: an entry, an instrument, a clause."""


def books_of(deal: str, entries: List[Told]) -> Told:
    """The books of one deal as one line of JSON says them."""
    facts = facts_of(entries)
    done = {f["concludes"] for f in facts if f["concludes"]}
    in_force = [f for f in facts if f["standing"] != "planned"]
    planned = [f for f in facts if f["standing"] != "planned" or f["place"] not in done]
    opening = [f for f in in_force if f["event"] == "DealOpened"]
    return {
        "deal": deal,
        "title": opening[0]["data"]["title"] if opening else None,
        "entries": [e["position"] for e in entries],
        "in_force": list(held(in_force)),
        "with_plans": list(held(planned)),
    }


def facts_of(entries: List[Told]) -> List[Told]:
    """The instruments that stand: neither voided nor replaced. A correction stands in its entry's place."""
    undone: Dict[Any, Any] = {}
    for e in reversed(entries):
        if e["event"] in ("EntryVoided", "EntryCorrected"):
            about, by = e["data"]["entry_version"], undone.get(e["version"])
            if by is None:
                undone[about] = e
            elif e["event"] == by["event"] == "EntryCorrected":
                undone[about] = by
    places: Dict[Any, Any] = {}
    facts: List[Any] = []
    for e in entries:
        event, data, version, schema = e["event"], e["data"], e["version"], e["schema"]
        places[version] = places[data["entry_version"]] if event == "EntryCorrected" else version
        if event == "EntryCorrected":
            event, data, schema = data["event"], data["data"], data["schema_of"]
        if event == "EntryVoided" or version in undone:
            continue
        standing = {"InterimAgreed": "interim", "PlanAnnounced": "planned"}.get(event, "binding")
        plan = places[data["plan_version"]] if event in ("PlanAdopted", "PlanWithdrawn") else 0
        facts.append(
            {
                "event": event,
                "data": data,
                "place": places[version],
                "position": e["position"],
                "standing": standing,
                "concludes": plan,
                "order": (data.get("dated", ""), places[version]),
                "older": schema == 1 or data.get("older_rule", False),
            }
        )
    return facts


def sets(fact: Any) -> Iterator[Any]:
    """The clauses that an instrument sets, those included that follow from what kind of instrument it is.

    By the rule of schema version 1, a term only moves the end.
    """
    event, data = fact["event"], fact["data"]
    said = [dict(c, extends=True) if c["kind"] == "term" and fact["older"] else c for c in data.get("clauses", [])]
    if event == "DealOpened":
        first = data["dated"] if fact["older"] else min([data["dated"]] + [c["from"] for c in said])
        for party in data["parties"]:
            yield {"kind": "member", "party": party, "from": first, "survives": True}
    elif event == "PartnerAdded":
        yield {"kind": "member", "party": data["party"], "from": data["from"], "survives": True}
        if data.get("pool"):
            place = {"kind": "member", "party": data["party"], "pool": data["pool"], "from": data["from"]}
            yield dict(place, then="as before", **({"part": data["part"]} if data.get("part") else {}))
    elif event == "PartnerLeft":
        left = key_of({"kind": "member", "party": data["party"], "pool": data.get("pool")})
        yield {"kind": "drop", "of": left, "from": after(data["through"]), "survives": True}
    elif event in ("TermExtended", "TermRenewed"):
        term = {name: data[name] for name in ("from", "through", "until") if name in data}
        yield dict(term, kind="term", **{"extends" if event == "TermExtended" else "renews": True})
    elif event == "DealEnded":
        yield {"kind": "term", "from": data["through"], "through": data["through"], "ended": True}
    yield from said


def key_of(c: Told) -> str:
    kind = c["kind"]
    if kind == "term":
        return "term"
    if kind == "drop":
        return str(c["of"])
    if kind == "member":
        return "member {} of {}".format(c["party"], c["pool"]) if c.get("pool") else "party " + c["party"]
    if kind == "nets":
        return "{} <-> {}".format(c["one"], c["other"])
    if c.get("name"):
        return str(c["name"])
    if kind == "right":
        return "{}: {}".format(c["holder"], c["text"])
    between = "{} -> {}".format(c["payer"], c["payee"])
    return between if kind == "pays" else "{}: {}".format(between, c["text"])


def held(facts: List[Told]) -> Iterator[Told]:
    """What holds on which days, by key: of the clauses that speak of a day, that of the latest instrument."""
    met: Dict[Any, Any] = {}
    for f in sorted((f for f in facts if f["event"] == "ConditionMet"), key=lambda f: f["order"]):
        met[f["data"]["condition"]] = f["data"]["on"]
    claims = [(f, c) for f in facts for c in sets(f)]
    terms = terms_of([(f, c) for f, c in claims if c["kind"] == "term"], met)
    by_key: Dict[Any, Any] = {}
    for f, c in claims:
        days = days_of(c, terms, met) if c["kind"] != "term" else []
        if days:
            by_key.setdefault(key_of(c), []).append((f, c, days))
    for key in sorted(by_key):
        for row in spans(by_key[key]):
            yield dict(key=key, **row)


def terms_of(told: Any, met: Any) -> Any:
    """The terms, in order of days: where each starts and ends, and whether what was in force before goes on in it."""
    terms: List[Any] = []
    for f, c in sorted(told, key=lambda claim: claim[0]["order"]):
        start, end = c["from"], min(after(c.get("through")), met.get(c.get("until") or "", NO_END))
        if c.get("extends") or c.get("ended"):
            while len(terms) > 1 and terms[-1]["start"] >= end:
                terms.pop()
            last = terms.pop() if terms else {"start": FIRST, "renews": False}
            terms.append(dict(last, start=min(last["start"], end), end=end, ended=c.get("ended", False)))
            continue
        terms = [term for term in terms if term["start"] < start]
        if terms:
            terms[-1]["end"] = min(terms[-1]["end"], start)
        elif f["event"] != "DealOpened":
            terms.append({"start": FIRST, "end": start, "renews": False, "ended": False})
        if end > start or not terms:
            terms.append({"start": min(start, end), "end": end, "renews": c.get("renews", False), "ended": False})
    return terms


def days_of(c: Any, terms: Any, met: Any) -> Any:
    """The spans of days of which a clause speaks: by its own end, its condition, the terms, the end of the deal."""
    start, end = c["from"], min(after(c.get("through")), met.get(c.get("until"), NO_END))
    found = [(start, end)]
    if terms and not c.get("survives") and c["kind"] != "drop":
        if c.get("through"):
            over = [t["end"] for t in terms if t["ended"] and (t["end"] > start or t is terms[-1])]
            found = [(start, min([end, *over[:1]]))]
        else:
            running = [t for t in terms if t["end"] > start] or terms[-1:]
            if len(running) < len(terms):
                start = max(start, running[0]["start"])
            found = [(start, min(end, running[0]["end"]))]
            for one, term in zip(running, running[1:]):
                if not term["renews"] and (term["start"] > one["end"] or one["ended"]):
                    break
                if term["start"] <= one["end"]:
                    found[-1] = (found[-1][0], min(end, term["end"]))
                else:
                    found.append((term["start"], min(end, term["end"])))
    return [(first, last) for first, last in found if first < last]


def spans(claims: Any) -> Any:
    edges = sorted({edge for _, _, days in claims for span in days for edge in span})
    rows: List[Any] = []
    last: Any = None
    for start, end in zip(edges, edges[1:]):
        there = [claim for claim in claims if any(first <= start < stop for first, stop in claim[2])]
        best = max(there, key=lambda claim: claim[0]["order"]) if there else None
        if best is not None and (best[1]["kind"] == "drop" or is_over(best, start, claims)):
            best = None
        if best is not None and best is last:
            rows[-1]["through"] = before(end)
        elif best is not None:
            rows.append(
                {
                    "from": start,
                    "through": before(end),
                    "standing": best[0]["standing"],
                    "entry": best[0]["position"],
                    "clause": {name: value for name, value in best[1].items() if name not in SPAN},
                }
            )
        last = best
    return rows


def is_over(claim: Any, day: Any, claims: Any) -> Any:
    """Whether a later clause has ended since this one began, and does not say that what it replaced comes back."""
    f, c, _ = claim
    return any(
        c["from"] < end <= day
        for later, clause, days in claims
        if later["order"] > f["order"] and clause["kind"] != "drop" and not (later["older"] or clause.get("then"))
        for _, end in days
    )


def after(through: Optional[str]) -> str:
    return NO_END if through in (None, NO_END) else (date.fromisoformat(through) + timedelta(1)).isoformat()


def before(end: str) -> Optional[str]:
    return None if end == NO_END else (date.fromisoformat(end) - timedelta(1)).isoformat()


def canonical(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n").encode()


def says(row: Told) -> str:
    """A row of the books, as people read it."""
    c = row["clause"]
    text = {
        "pays": "{payer} -> {payee}: {terms}",
        "commits": "{payer} -> {payee}: {text}",
        "defines": "{name} = {terms}",
        "right": "{holder}: {text}",
        "nets": "{one} <-> {other} are set off",
    }.get(c["kind"], "{party}" + (" in {pool}" if c.get("pool") else " is a party")).format(**c)
    text += f", with {c['part']} of it" if c.get("part") else ""
    standing = "" if row["standing"] == "binding" else ", " + row["standing"]
    through = row["through"] or "no end    "
    return f"  {row['from']} to {through}  {row['key']}: {text} (#{row['entry']}{standing})"
