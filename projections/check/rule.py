"""What the books say: the one rule, from the entries alone."""

import json
from datetime import date, timedelta
from typing import Any, Dict, Iterator, List, Optional, Tuple

NO_END = "9999-12-31"
SPAN = ("from", "through", "until", "survives")

Told = Dict[str, Any]
"""What JSON says: an entry, an instrument, a clause."""

Claim = Tuple[Told, Told, str]
"""An instrument, a clause that it sets, and the day before which the clause ends."""


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
    undone: Dict[int, Told] = {}
    for e in reversed(entries):
        if e["event"] in ("EntryVoided", "EntryCorrected"):
            about, by = e["data"]["entry_version"], undone.get(e["version"])
            if by is None:
                undone[about] = e
            elif e["event"] == by["event"] == "EntryCorrected":
                undone[about] = by
    places: Dict[int, int] = {}
    facts: List[Told] = []
    for e in entries:
        event, data, version = e["event"], e["data"], e["version"]
        places[version] = places[data["entry_version"]] if event == "EntryCorrected" else version
        if event == "EntryCorrected":
            event, data = data["event"], data["data"]
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
            }
        )
    return facts


def sets(event: str, data: Told) -> Iterator[Told]:
    """The clauses that an instrument sets, those included that follow from what kind of instrument it is."""
    if event == "DealOpened":
        for party in data["parties"]:
            yield {"kind": "member", "party": party, "from": data["dated"], "survives": True}
    elif event == "PartnerAdded":
        yield {"kind": "member", "party": data["party"], "from": data["from"], "survives": True}
        if data.get("pool"):
            part = {"part": data["part"]} if data.get("part") else {}
            yield dict(kind="member", party=data["party"], pool=data["pool"], **{"from": data["from"]}, **part)
    elif event == "PartnerLeft":
        place = key_of({"kind": "member", "party": data["party"], "pool": data.get("pool")})
        yield {"kind": "drop", "of": place, "from": after(data["through"]), "survives": True}
    elif event == "TermExtended":
        yield dict(kind="term", **{name: data[name] for name in ("from", "through", "until") if name in data})
    elif event == "DealEnded":
        yield {"kind": "term", "from": data["through"], "through": data["through"], "ended": True}
    yield from data.get("clauses", [])


def key_of(c: Told) -> str:
    kind = c["kind"]
    if kind == "term":
        return "term"
    if kind == "drop":
        return str(c["of"])
    if kind == "member":
        return f"member {c['party']} of {c['pool']}" if c.get("pool") else "party " + c["party"]
    if kind == "nets":
        return f"{c['one']} <-> {c['other']}"
    if c.get("name"):
        return str(c["name"])
    if kind == "right":
        return f"{c['holder']}: {c['text']}"
    between = f"{c['payer']} -> {c['payee']}"
    return between if kind == "pays" else f"{between}: {c['text']}"


def held(facts: List[Told]) -> Iterator[Told]:
    """What holds on which days, by key: of the clauses that speak of a day, that of the latest instrument."""
    met = {}
    for f in sorted((f for f in facts if f["event"] == "ConditionMet"), key=lambda f: f["order"]):
        met[f["data"]["condition"]] = f["data"]["on"]
    claims = [(f, c) for f in facts for c in sets(f["event"], f["data"])]
    terms = [(f, c) for f, c in claims if c["kind"] == "term"]
    term_end, ended = NO_END, False
    if terms:
        _, term = max(terms, key=lambda claim: claim[0]["order"])
        ended = term.get("ended", False)
        term_end = min(after(term.get("through")), met.get(term.get("until") or "", NO_END))
    by_key: Dict[str, List[Claim]] = {}
    for f, c in claims:
        if c["kind"] != "term":
            end = after(c.get("through"))
            end = min(end, met.get(c.get("until"), NO_END))
            if not c.get("survives") and c["kind"] != "drop" and (not c.get("through") or ended):
                end = min(end, term_end)
            if c["from"] < end:
                by_key.setdefault(key_of(c), []).append((f, c, end))
    for key in sorted(by_key):
        for row in spans(by_key[key]):
            yield dict(key=key, **row)


def spans(claims: List[Claim]) -> List[Told]:
    edges = sorted({c["from"] for _, c, _ in claims} | {end for _, _, end in claims})
    rows, last = [], None
    for start, end in zip(edges, edges[1:]):
        best = None
        for claim in claims:
            if claim[1]["from"] <= start < claim[2] and (best is None or claim[0]["order"] > best[0]["order"]):
                best = claim
        if best is not None and best is last:
            rows[-1]["through"] = before(end)
        elif best is not None and best[1]["kind"] != "drop":
            rows.append(
                {
                    "from": start,
                    "through": before(end),
                    "standing": best[0]["standing"],
                    "entry": best[0]["position"],
                    "clause": {name: value for name, value in best[1].items() if name not in SPAN},
                }
            )
        last = best if best is not None and best[1]["kind"] != "drop" else None
    return rows


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
