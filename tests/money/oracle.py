"""What a period's payment is, by docs/computing.md, as slowly and plainly as it can be said.

Nothing is kept but payments that were made. Whatever nobody reported makes everything that needs it missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

from tests.money.calendar import EVER, MONTHS, Span, both, cycle, length, period, periods, window
from tests.money.formulas import COMPARED, LIMITED, Formula, Window, pieces, value, walk

Filters = tuple[tuple[str, tuple[str, ...], bool], ...]


class Missing(Exception):
    """It cannot be known from what was reported."""


class Version(NamedTuple):
    """What stands from one day to another; a definition has no period of payment, and `word` is of fixed amounts."""

    days: Span
    formula: Formula
    every: Window | None = None
    word: str = ""


class Report(NamedTuple):
    measure: str
    days: Span
    amount: Fraction
    slices: tuple[tuple[str, str], ...] = ()


class Place(NamedTuple):
    """Where a formula is computed."""

    flow: str  # the line that is paid
    every: Window  # its periods
    period: Span
    seen: Span  # the standing days that what is not additive sees
    standing: int  # the days by which a fixed amount is divided
    whole: int  # the days of the period of payment
    day: int  # a day of the part: its versions are the part's
    holder: str  # the line in which the formula is written
    formula: Formula  # and what that line says now
    word: str = ""
    plain: bool = False  # whether all days are seen under the part's version
    bound: tuple[tuple[str, str], ...] = ()  # the values that `each` has chosen
    nature: str = ""  # inside last and rate
    strict: tuple[int, ...] = ()  # the days across which nothing is spread
    after: Span | None = None  # inside increase: the days before whose start everything is looked at
    ends: int = 0  # and the end of their period


@dataclass
class Oracle:
    lines: dict[str, list[Version]]
    reports: list[Report]
    start: int | None = None
    met: dict[str, int] = field(default_factory=dict)
    openings: dict[str, Fraction] = field(default_factory=dict)
    natures: dict[str, str] = field(default_factory=dict)
    made: dict[tuple[str, Span], Fraction | None] = field(default_factory=dict)

    # --- payments ---------------------------------------------------------------------------------------------

    def rows(self, within: Span) -> dict[tuple[str, Span], Fraction | None]:
        """Line and period of every payment whose period lies in these days, and its amount; None is not computed."""
        found = {}
        for name, versions in self.lines.items():
            for every in dict.fromkeys(v.every for v in versions if v.every):
                for one in periods(every, within, self.start):
                    inside = within[0] <= one[0] and one[1] <= within[1]
                    if inside and any(v.every == every and length(both(v.days, one)) for v in versions):
                        found[name, one] = self.payment(name, every, one)
        return found

    def payment(self, name: str, every: Window, days: Span) -> Fraction | None:
        if (name, days) not in self.made:
            try:
                self.made[name, days] = cents(self.accrued(name, every, days, days[1]))
            except Missing:
                self.made[name, days] = None
        return self.made[name, days]

    def accrued(self, name: str, every: Window, days: Span, until: int) -> Fraction:
        """What the parts of a period come to up to a day."""
        return sum((self.part(name, every, days, one) for one in self.parts(name, every, (days[0], until))), Fraction())

    def part(self, name: str, every: Window, days: Span, one: Span) -> Fraction:
        at = self.place(name, every, days, one[0])
        return self.amount(at.formula, one, at)

    def place(self, name: str, every: Window, days: Span, day: int) -> Place:
        """Where a flow's own formula is computed for a part of a period."""
        stood = [v for v in self.lines[name] if length(both(v.days, days))]
        own = [both(v.days, days) for v in stood]
        seen = (min(a for a, _ in own), max(b for _, b in own)) if own else days
        version = self.version(name, day)
        standing = sum(length(both(v.days, days)) for v in stood)
        word = next((v.word for v in stood if v.days[0] < seen[1] <= v.days[1]), "")
        formula = version.formula if version else ("num", "0")
        return Place(name, every, days, seen, standing, length(days), day, name, formula, word)

    def version(self, name: str, day: int) -> Version | None:
        return next((v for v in self.lines[name] if v.days[0] <= day < v.days[1]), None)

    def parts(self, name: str, every: Window | None, days: Span) -> Iterator[Span]:
        """Days that follow one another, on which the line and every definition it uses say the same."""
        begun, before = None, None
        for day in range(days[0], days[1] + 1):
            says = self.says(name, every, day) if day < days[1] else None
            if says != before:
                if before is not None and begun is not None:
                    yield begun, day
                begun, before = day, says

    def says(self, name: str, every: Window | None, day: int) -> list[object] | None:
        version = self.version(name, day)
        if version is None or (every is not None and version.every != every):
            return None
        found: list[object] = [name, version.formula, version.word]
        for _, node in walk(version.formula):
            if node[0] == "name" and node[1] in self.lines and not self.is_flow(node[1]):
                found.append(self.says(node[1], None, day))
        return found

    def is_flow(self, name: str) -> bool:
        return any(v.every for v in self.lines[name])

    # --- amounts of days --------------------------------------------------------------------------------------

    def amount(self, node: Formula, days: Span, at: Place) -> Fraction:
        """What a formula counts on days of the period: an additive one its own, else a share of a fixed amount."""
        if not length(days):
            return Fraction()
        if self.additive(node, at):
            return self.adds(node, days, at)
        if at.word == "as on last day":
            share = Fraction(days[0] < at.seen[1] <= days[1])
        elif at.word == "as on first day":
            share = Fraction(days[0] <= at.seen[0] < days[1])
        else:
            share = Fraction(length(days), at.whole if at.word == "prorated" else at.standing)
        return self.level(node, at) * share if share else Fraction()

    def value(self, node: Formula, at: Place) -> Fraction:
        """What a formula comes to over all the days that are seen, under the part's version."""
        if self.additive(node, at):
            return self.adds(node, at.seen, at._replace(plain=True))
        return self.level(node, at)

    def additive(self, node: Formula, at: Place) -> bool:
        match node[0]:
            case "name":
                if at.nature:
                    return False
                if node[1] not in self.lines:
                    return self.natures.get(node[1], "flow") == "flow"
                version = self.version(node[1], at.day)
                return self.is_flow(node[1]) or (version is not None and self.additive(version.formula, at))
            case "days":
                return node[1] is None
            case "due" | "once" | "eachp":
                return True
            case "bin" if node[1] in "+-":
                return self.additive(node[2], at) or self.additive(node[3], at)
            case "bin" if node[1] in ("*", "/", "of"):
                return self.degree(node, at) == 1
            case "if" | "band" | "on":
                return any(self.additive(one, at) for one in values(node))
            case "call" | "neg":
                return any(self.additive(one, at) for one in pieces(node))
            case "tiers" | "each" | "overall" | "cap" | "atleast" | "recoup" | "excess":
                return self.additive(pieces(node)[0], at)
        return False

    def adds(self, node: Formula, days: Span, at: Place) -> Fraction:
        """What an additive formula adds on days of the period."""
        match node[0]:
            case "name" if node[1] not in self.lines:
                return self.read(node[1], self.chosen(node, at), days, at)
            case "name" if self.is_flow(node[1]):
                return self.paid(node[1], days, at)
            case "name":
                return sum((self.amount(v.formula, d, p) for v, d, p in self.inside(node[1], days, at)), Fraction())
            case "days":
                return Fraction(length(days))
            case "due":
                return sum((self.value(a, at) for when, a in node[1:] if days[0] <= when < days[1]), Fraction())
            case "once":
                return self.milestone(node, at) if days[0] < at.seen[1] <= days[1] else Fraction()
            case "neg":
                return -self.amount(node[1], days, at)
            case "bin" if node[1] in "+-":
                right = self.amount(node[3], days, at)
                return self.amount(node[2], days, at) + (right if node[1] == "+" else -right)
            case "bin":
                return self.product(node, days, at)
            case "if" | "band" | "on":
                return self.amount(self.taken(node, at), days, at)
            case "each":
                return sum((self.amount(node[2], days, p) for p in self.each(node, at)), Fraction())
            case "eachp":
                return sum((self.amount(node[2], both(days, p.period), p) for p in self.months(node, at)), Fraction())
            case "overall":
                return self.amount(node[1], days, at._replace(bound=()))
            case "call":
                return self.moved(node, node[1], days, at)
            case "atleast" if node[3] is None:
                return self.moved(node, "max", days, at)
        return self.counted(node, days, at)

    def inside(self, name: str, days: Span, at: Place) -> Iterator[tuple[Version, Span, Place]]:
        """The versions of a definition on these days; each counts its own."""
        found = [v for v in self.lines[name] if length(both(v.days, days))]
        if sum(length(both(v.days, days)) for v in found) < length(days):
            raise Missing(name)
        for v in found:
            own = both(v.days, days)
            yield v, own, at._replace(day=own[0], holder=name, formula=v.formula, plain=False)

    def degree(self, node: Formula, at: Place) -> int:
        """How many more additive factors stand above the line than below it."""
        if node[0] == "bin" and node[1] in ("*", "/", "of"):
            below = self.degree(node[3], at)
            return self.degree(node[2], at) + (-below if node[1] == "/" else below)
        return int(self.additive(node, at))

    def product(self, node: Formula, days: Span, at: Place) -> Fraction:
        """One side counts the days, span by span of the rates; the other sees the whole."""
        rates = [one for one in factors(node) if self.is_rate(one)]
        spans = self.steady(rates, days, at)
        places = (
            [at]
            if len(spans) == 1
            else [at._replace(plain=False, strict=(*at.strict, *(first for first, _ in spans[1:]))) for _ in spans]
        )
        return sum((self.sides(node, span, p, at) for span, p in zip(spans, places, strict=True)), Fraction())

    def sides(self, node: Formula, days: Span, p: Place, at: Place) -> Fraction:
        if self.is_rate(node):
            return self.level(node, at._replace(seen=days))
        if node[0] != "bin" or node[1] not in ("*", "/", "of"):
            return self.amount(node, days, p) if self.additive(node, at) else self.level(node, at)
        counts, other = node[2], node[3]
        both_add = self.degree(counts, at) > 0 and not (self.is_fine(other, at) and not self.is_fine(counts, at))
        if node[1] != "/" and self.degree(other, at) > 0 and not both_add:
            counts, other = other, counts
        whole = self.beside(other, days, at)
        return self.sides(counts, days, p, at) * power(whole, -1 if node[1] == "/" else 1)

    def beside(self, node: Formula, days: Span, at: Place) -> Fraction:
        """A factor that sees the whole; but a rate what it is on the days."""
        if self.is_rate(node):
            return self.level(node, at._replace(seen=days))
        if len(factors(node)) == 1 or not any(map(self.is_rate, factors(node))):
            return self.value(node, at)
        right = self.beside(node[3], days, at)
        return self.beside(node[2], days, at) * power(right, -1 if node[1] == "/" else 1)

    def is_rate(self, node: Formula) -> bool:
        return node[0] == "rate" or (node[0] == "name" and self.natures.get(node[1]) == "rate")

    def steady(self, rates: list[Formula], days: Span, at: Place) -> list[Span]:
        """The days cut where one of the rates changes."""
        edges = {days[0]}
        for rate in rates:
            for day in range(days[0] + 1, days[1]):
                if len({self.level(rate, at._replace(seen=(d, d + 1))) for d in (day - 1, day)}) > 1:
                    edges.add(day)
        starts = sorted(edges)
        return list(zip(starts, [*starts[1:], days[1]], strict=True))

    def is_fine(self, node: Formula, at: Place) -> bool:
        """Whether none of its flows is reported once, for exactly the period."""
        names = {one[1] for one in self.names(node, at.day) if self.natures.get(one[1], "flow") == "flow"}
        return not any(r.measure in names and r.days == at.period for r in self.reports)

    def names(self, node: Formula, day: int) -> Iterator[Formula]:
        """The measures in a formula, with those of its definitions."""
        for _, one in walk(node):
            if one[0] == "name" and one[1] not in self.lines:
                yield one
            elif one[0] == "name" and (version := self.version(one[1], day)) and not version.every:
                yield from self.names(version.formula, day)

    def taken(self, node: Formula, at: Place) -> Formula:
        """The branch of an `if`, the rate of a `band`, the step of an `on`."""
        if node[0] == "if":
            return node[2] if self.holds(node[1], at) else node[3]
        if node[0] == "on":
            return next((a for when, a in reversed(node[1:]) if when <= self.last_day(at)), ("num", "0"))
        amount = self.value(node[1], at)
        for rate, limit, word in node[2]:
            if limit is None:
                return rate
            top = self.value(limit, at)
            if amount < top or (word == "to" and amount == top):
                return rate
        raise AssertionError("a band ends above")

    def last_day(self, at: Place) -> int:
        return (at.after[0] if at.after else at.seen[1]) - 1

    def holds(self, node: Formula, at: Place) -> bool:
        match node[0]:
            case "met":
                return self.met.get(node[1], EVER[1]) <= self.last_day(at)
            case "not":
                return not self.holds(node[1], at)
            case "name":
                version = self.version(node[1], at.day)
                assert version is not None
                return self.holds(version.formula, at._replace(holder=node[1], formula=version.formula))
        if node[1] in ("and", "or"):
            return self.either(node, node[1] == "or", at)
        a, b = self.value(node[2], at), self.value(node[3], at)
        return (a < b, a <= b, a > b, a >= b, a == b, a != b)[COMPARED.index(node[1])]

    def either(self, node: Formula, decides: bool, at: Place) -> bool:
        """`and` and `or`: one side may decide though nobody knows the other."""
        missing = None
        for one in node[2:]:
            try:
                if self.holds(one, at) == decides:
                    return decides
            except Missing as unknown:
                missing = unknown
        if missing:
            raise missing
        return not decides

    def milestone(self, node: Formula, at: Place) -> Fraction:
        """Due in the first period at whose end the condition holds, under the terms of that day."""
        begun = min(v.days[0] for v in self.lines[at.flow])
        reached: list[tuple[Formula, Place]] = []
        for one in periods(at.every, (max(begun, self.start or begun, at.period[0] - 4000), at.period[0]), self.start):
            before = self.place(at.flow, at.every, one, at.day)
            version = self.version(at.holder, before.seen[1] - 1)
            for _, earlier in walk(version.formula) if version else ():
                p = before._replace(day=before.seen[1] - 1, holder=at.holder, bound=at.bound)
                if earlier[0] == "once":
                    reached.append((earlier[2], p))
        if self.any_holds(reached):
            return Fraction()
        return self.value(node[1], at) if self.holds(node[2], at) else Fraction()

    def any_holds(self, conditions: list[tuple[Formula, Place]]) -> bool:
        missing = None
        for one, p in conditions:
            try:
                if self.holds(one, p):
                    return True
            except Missing as unknown:
                missing = unknown
        if missing:
            raise missing
        return False

    def each(self, node: Formula, at: Place) -> Iterator[Place]:
        """A place for each value that is reported in the period or, where something counts, before."""
        counts = any(one[0] in ("total", "prior", "increase") or has_window(one) for one in self.deep(node[2], at.day))
        since = EVER[0] if counts else at.period[0]
        used = {one[1] for one in self.names(node[2], at.day)}
        known = [r for r in self.reports if r.measure in used and length(both(r.days, (since, at.seen[1])))]
        if not any(d == node[1] for r in known for d, _ in r.slices):
            raise Missing(node[1])
        for one in sorted({v for r in known for d, v in r.slices if d == node[1]}):
            yield at._replace(bound=(*at.bound, (node[1], one)))

    def deep(self, node: Formula, day: int) -> Iterator[Formula]:
        for _, one in walk(node):
            yield one
            if one[0] == "name" and (v := self.version(one[1], day) if one[1] in self.lines else None) and not v.every:
                yield from self.deep(v.formula, day)

    def months(self, node: Formula, at: Place) -> Iterator[Place]:
        """A place for each shorter period in this one."""
        unit = Window(node[1])
        for one in periods(unit, at.seen, self.start):
            seen = both(at.seen, one)
            yield at._replace(every=unit, period=one, seen=seen, standing=length(seen), whole=length(one))

    # --- levels -----------------------------------------------------------------------------------------------

    def level(self, node: Formula, at: Place) -> Fraction:
        """What is not additive, as it is in the whole period."""
        match node[0]:
            case "num":
                return value(node[1])
            case "name" if node[1] not in self.lines:
                nature = at.nature or self.natures[node[1]]
                return (self.stock if nature == "last" or nature == "stock" else self.rate)(node, at)
            case "name":
                version = self.version(node[1], at.day)
                if version is None:
                    raise Missing(node[1])
                p = at._replace(holder=node[1], formula=version.formula, plain=False)
                return self.level(version.formula, p) if not at.nature else self.value(version.formula, p)
            case "last" | "rate":
                return self.value(node[1], at._replace(nature=node[0]))
            case "overall":
                return self.value(node[1], at._replace(bound=()))
            case "neg":
                return -self.value(node[1], at)
            case "bin":
                a, b = self.value(node[2], at), self.value(node[3], at)
                if node[1] == "^":
                    assert b.denominator == 1
                    return a**b.numerator
                if node[1] == "/":
                    return a * power(b, -1)
                return a + b if node[1] == "+" else a - b if node[1] == "-" else a * b
            case "call":
                return CALLS[node[1]]([self.value(one, at) for one in node[2:]])
            case "if" | "band" | "on":
                return self.value(self.taken(node, at), at)
            case "each":
                return sum((self.value(node[2], p) for p in self.each(node, at)), Fraction())
            case "number":
                return self.ordinal(node[1], self.last_day(at))
            case "days":
                return Fraction(length(period(node[1], self.last_day(at), self.start)))
            case "increase":
                return sum((self.increased(node[1], at._replace(seen=s)) for s in self.cut(node[1], at)), Fraction())
            case "total" | "prior":
                seen = at.after or at.seen
                until = seen[1] if node[0] == "total" and not at.after else seen[0]
                first, _ = window(node[2], seen[1] - 1, at.ends or at.period[1], self.start)
                return self.running(node, 0, first, until, at) if first < until else Fraction()
        return self.counted(node, at.seen, at._replace(plain=True))

    def increased(self, node: Formula, at: Place) -> Fraction:
        before = self.before(at)._replace(after=at.seen, ends=at.period[1])
        return self.value(node, at) - self.value(node, before)

    def cut(self, node: Formula, at: Place) -> Iterator[Span]:
        """The days that are seen, cut where a window of the formula ends."""
        units = [w for one in self.deep(node, at.day) for w in one if isinstance(w, Window) and w.unit != "last"]
        day = at.seen[0]
        while day < at.seen[1]:
            ends = [window(w, day, at.period[1], self.start)[1] for w in units]
            ends += [w.since for w in units if w.since and w.since > day]
            end = min([at.seen[1], *ends])
            yield day, end
            day = end

    def before(self, at: Place) -> Place:
        """The period before, under the terms of now."""
        days = period(at.every, at.period[0] - 1, self.start)
        own = [both(v.days, days) for v in self.lines[at.flow] if length(both(v.days, days))]
        seen = (min(a for a, _ in own), max(b for _, b in own)) if own else days
        return at._replace(period=days, seen=seen)

    def ordinal(self, unit: Window, day: int) -> Fraction:
        year, month, _ = (int(part) for part in _iso(day).split("-"))
        if unit.contract:
            assert self.start is not None
            return Fraction(cycle(day, self.start, 12)[0] + 1)
        return Fraction(
            {"month": month, "quarter": (month + 2) // 3, "half-year": (month + 5) // 6, "year": year}[unit.unit]
        )

    # --- what was reported ------------------------------------------------------------------------------------

    def chosen(self, node: Formula, at: Place) -> Filters:
        return (*node[2], *((d, (v,), None) for d, v in at.bound))

    def matching(self, measure: str, filters: Filters) -> tuple[list[Report], list[Report]]:
        """The reports of the values that are asked for, and those that make their days known."""
        own = [r for r in self.reports if r.measure == measure]
        wanted, telling = own, own
        for dimension, chosen, without in filters:
            has = {id(r): dict(r.slices).get(dimension) for r in own}
            telling = [r for r in telling if has[id(r)] is not None]
            wanted = [r for r in wanted if has[id(r)] is not None and (has[id(r)] in chosen) != bool(without)]
            if without is False:
                telling = [r for r in telling if has[id(r)] in chosen]
                if {v for v in has.values() if v in chosen} != set(chosen):
                    raise Missing(measure)
        return wanted, telling

    def read(self, measure: str, filters: Filters, days: Span, at: Place, asked: int = 0) -> Fraction:
        """A flow on days, which are asked for from a day on."""
        wanted, telling = self.matching(measure, filters)
        near = [r for r in telling if length(both(r.days, days))]
        result, missing = Fraction(), set(range(max(days[0], asked), days[1]))
        for r in near:
            if both(r.days, days) != r.days:
                around = period(at.every, r.days[0], self.start) if asked else at.period
                if any(r.days[0] < edge < r.days[1] for edge in at.strict) or both(r.days, around) != r.days:
                    raise Missing(measure)
            if r in wanted:
                result += r.amount * Fraction(length(both(r.days, days)), length(r.days))
            missing -= set(range(*both(r.days, days)))
        if missing:
            asked_for = {period(at.every, day, self.start) for day in missing} if asked else {at.period}
            for one in asked_for:
                around = [r for r in telling if length(both(r.days, one))]
                if not around or any(length(r.days) > 1 for r in around):
                    raise Missing(measure)
        return result

    def stock(self, node: Formula, at: Place) -> Fraction:
        """The latest value in the period; of several slices, the sum of the latest of each."""
        wanted, _ = self.matching(node[1], self.chosen(node, at))
        found = {}
        for r in sorted(wanted, key=lambda r: r.days[1]):
            if both(r.days, at.seen) == r.days:
                found[r.slices] = r.amount
        if not found:
            raise Missing(node[1])
        return sum(found.values(), Fraction())

    def rate(self, node: Formula, at: Place) -> Fraction:
        """The one value on all days."""
        wanted, _ = self.matching(node[1], self.chosen(node, at))
        found = {next((r.amount for r in wanted if r.days[0] <= day < r.days[1]), None) for day in range(*at.seen)}
        if len(found) != 1 or None in found:
            raise Missing(node[1])
        return found.pop() or Fraction()

    def paid(self, name: str, days: Span, at: Place) -> Fraction:
        """A flow as it was paid: of the same period what it was moved by, of others every payment that ended."""
        result = Fraction()
        for every in dict.fromkeys(v.every for v in self.lines[name] if v.every):
            for one in periods(every, days, self.start):
                if not any(v.every == every and length(both(v.days, one)) for v in self.lines[name]):
                    continue
                if one == at.period and days != one:
                    result += cents(self.accrued(name, every, one, days[1])) - cents(
                        self.accrued(name, every, one, days[0])
                    )
                elif days[0] < one[1] <= days[1]:
                    made = self.payment(name, every, one)
                    if made is None:
                        raise Missing(name)
                    result += made
        return result

    # --- counters ---------------------------------------------------------------------------------------------

    def moved(self, node: Formula, function: str, days: Span, at: Place) -> Fraction:
        """What days move a counter over the period by."""
        many = len(pieces(node))
        if at.plain:
            return CALLS[function]([self.amount(one, days, at) for one in pieces(node)])
        until = [[self.since_seen(node, n, day, at) for n in range(many)] for day in days]
        return CALLS[function](until[1]) - (CALLS[function](until[0]) if days[0] > at.seen[0] else 0)

    def since_seen(self, node: Formula, number: int, until: int, at: Place) -> Fraction:
        """What one formula of a construct came to from the first day that is seen up to a day."""
        if at.plain:
            return self.amount(pieces(node)[number], (at.seen[0], until), at)
        result = Fraction()
        for one in self.parts(at.flow, None, (at.seen[0], until)):
            for own in self.parts(at.holder, None, one):
                stood = self.stood(node, number, own[0], at)
                if stood is not None:
                    result += self.amount(stood[0], own, at._replace(day=own[0], formula=stood[1]))
        return result

    def counted(self, node: Formula, days: Span, at: Place) -> Fraction:
        """What days add to `tiers`, `cap`, `atleast`, `recoup` and `excess`, window by window."""
        unit: Window | None = node[2] if node[0] == "tiers" else node[3]
        if unit is None:
            return self.piece(node, days, at.seen[0], at.seen[1], at)
        result, day = Fraction(), days[0]
        if unit.since and day < unit.since:
            day = min(unit.since, days[1])
            if node[0] not in ("tiers", "excess"):
                result = self.amount(node[1], (days[0], day), at)
        while day < days[1]:
            first, end = window(unit, day, at.period[1], self.start)
            narrow = unit.unit in MONTHS and not is_irregular(unit) and end - first < length(at.period)
            p = at._replace(period=both(at.period, (first, end)), every=Window(unit.unit)) if narrow else at
            if narrow:
                self.inside_the_period(node[1], (day, min(end, days[1])), at)
            result += self.piece(node, (day, min(end, days[1])), first, end, p)
            day = end
        return result

    def inside_the_period(self, node: Formula, days: Span, at: Place) -> None:
        """A report that reaches beyond the period is never spread."""
        names = {one[1] for one in self.names(node, at.day) if self.natures.get(one[1], "flow") == "flow"}
        for r in self.reports:
            beyond = any(r.days[0] < edge < r.days[1] for edge in at.period)
            if r.measure in names and beyond and length(both(r.days, days)):
                raise Missing(r.measure)

    def piece(self, node: Formula, days: Span, first: int, end: int, at: Place) -> Fraction:
        """Days of one window."""
        windowed = (node[2] if node[0] == "tiers" else node[3]) is not None

        def total(n, until):
            return self.running(node, n, first, until, at) if windowed else self.since_seen(node, n, until, at)

        fresh = days[0] <= max(first, at.seen[0] if not windowed else first)
        if node[0] == "atleast":
            due = days[1] in (end, max(v.days[1] for v in self.lines[at.flow]))
            short = self.limit(node, days[1], total, at) - total(0, days[1]) if due else Fraction()
            return self.amount(node[1], days, at) + max(short, Fraction())
        above = total(0, days[1])
        if node[0] == "tiers":
            return self.sliced(node[3], above, at) - self.sliced(
                node[3], Fraction() if fresh else total(0, days[0]), at
            )
        if node[0] == "recoup":
            return self.recouped(node, days, first, total, at)
        limit = self.limit(node, days[1], total, at)
        amount = min(above, limit) if node[0] == "cap" else max(above - limit, Fraction())
        if fresh:
            return amount
        below, limit = total(0, days[0]), self.limit(node, days[0], total, at)
        return amount - (min(below, limit) if node[0] == "cap" else max(below - limit, Fraction()))

    def limit(self, node: Formula, until: int, total, at: Place) -> Fraction:  # type: ignore[no-untyped-def]
        """The amount of a construct as it stands at the end of a day: additive ones add up."""
        if self.additive(node[2], at):
            return total(1, until)
        while until <= max(at.period[0], at.seen[0]) and until < at.seen[1]:
            at = self.before(at)
        return self.level(node[2], at)

    def recouped(self, node: Formula, days: Span, first: int, total, at: Place) -> Fraction:  # type: ignore[no-untyped-def]
        def balance(until: int) -> Fraction:
            return total(0, until) - self.limit(node, until, total, at)

        begun = max(first, self.begun(node[1], at))
        ends = [one[1] for one in periods(at.every, (begun, at.period[0]), self.start)] if node[3] else []
        before = max([Fraction(), *(balance(end) for end in ends if end <= at.period[0])])
        inner = days[0] > max(first, at.period[0] if node[3] else at.seen[0])
        return max(before, balance(days[1])) - (max(before, balance(days[0])) if inner else before)

    def sliced(self, slices: tuple[tuple[Formula, Formula | None, str], ...], amount: Fraction, at: Place) -> Fraction:
        result, bottom = Fraction(), None
        for rate, limit, _ in slices:
            top = amount if limit is None else min(self.value(limit, at), amount)
            low = Fraction() if bottom is None else bottom
            if bottom is None or top > low:
                result += self.value(rate, at) * (top - low)
            bottom = top if bottom is None else max(top, bottom)
        return result

    def running(self, node: Formula, number: int, first: int, until: int, at: Place) -> Fraction:
        """The sum of a construct's formula over days of its window, each day under its own version."""
        if until <= first:
            return Fraction()
        now = pieces(node)[number]
        self.uncut(now, node[-1] if node[0] != "tiers" else node[2], first, until, at)
        result = self.opened(node, now, first, until, at)
        begun = max(first, self.begun(now, at))
        day = begun
        while day < until:
            stood, last = self.stood(node, number, day, at), day + 1
            while last < until and self.alike(self.stood(node, number, last, at), stood, last):
                last += 1
            if stood is not None:
                result += self.over(stood[0], (day, last), at._replace(day=day, formula=stood[1]))
            day = last
        return result

    def alike(self, one: tuple[Formula, Formula] | None, other: tuple[Formula, Formula] | None, day: int) -> bool:
        """Whether two days count the same: of a sum of measures it does not matter in which version it stands."""
        return one == other or (
            one is not None and other is not None and one[0] == other[0] and self.linear(one[0], (day - 1, day + 1))
        )

    def uncut(self, node: Formula, unit: Window, first: int, until: int, at: Place) -> None:
        """A window of the calendar does not spread what is reported across its first or last day."""
        if not is_irregular(unit):
            for r in self.reports:
                if (
                    r.measure in {one[1] for one in self.names(node, at.day)}
                    and self.natures.get(r.measure, "flow") == "flow"
                ):
                    edges = {
                        first,
                        *(
                            {until}
                            if at.period[0] < until < at.period[1]
                            and until == window(unit, until - 1, at.period[1], self.start)[1]
                            else ()
                        ),
                    }
                    if any(r.days[0] < edge < r.days[1] for edge in edges):
                        raise Missing(r.measure)

    def begun(self, node: Formula, at: Place) -> int:
        """The first day that is of interest: the contract's first day, or an earlier report."""
        names = {one[1] for one in self.names(node, at.day)}
        firsts = [r.days[0] for r in self.reports if r.measure in names]
        return min([*firsts, self.start if self.start is not None else EVER[1]])

    def over(self, node: Formula, days: Span, at: Place) -> Fraction:
        """The sum of a formula over days: read at once where it is a sum of measures, else period by period."""
        if self.linear(node, days):
            try:
                return self.at_once(node, days, at)
            except Missing:
                pass
        result = Fraction()
        for one in periods(at.every, days, self.start):
            p = self.place(at.flow, at.every, one, at.day)
            p = at._replace(period=one, seen=p.seen, standing=p.standing or length(one), whole=p.whole, word=p.word)
            if length(both(at.seen, one)):
                p = at
            for own in (
                self.parts(at.holder, None, both(days, one)) if self.version(at.holder, days[0]) else [both(days, one)]
            ):
                result += self.amount(node, own, p._replace(day=own[0], plain=False))
        return result

    def linear(self, node: Formula, days: Span) -> bool:
        """Whether it is a sum of measures and definitions of them, perhaps times constant numbers."""
        match node[0]:
            case "name" if node[1] not in self.lines:
                return self.natures.get(node[1], "flow") == "flow"
            case "name":
                found = [v for v in self.lines[node[1]] if length(both(v.days, days))]
                known = sum(length(both(v.days, days)) for v in found) == length(days)
                return known and all(not v.every and self.linear(v.formula, days) for v in found)
            case "neg":
                return self.linear(node[1], days)
            case "bin" if node[1] in "+-":
                return self.linear(node[2], days) and self.linear(node[3], days)
            case "bin" if node[1] in ("*", "of", "/"):
                constant, rest = (node[3], node[2]) if node[1] == "/" else (node[2], node[3])
                if constant[0] != "num" and node[1] != "/":
                    constant, rest = rest, constant
                return constant[0] == "num" and self.linear(rest, days)
        return False

    def at_once(self, node: Formula, days: Span, at: Place) -> Fraction:
        match node[0]:
            case "name" if node[1] not in self.lines:
                asked = max(self.start or 1, 1)
                if node[1] in self.openings:
                    asked = min(r.days[0] for r in self.reports if r.measure == node[1])
                return self.read(node[1], self.chosen(node, at), days, at, asked)
            case "name":
                return sum((self.at_once(v.formula, d, p) for v, d, p in self.inside(node[1], days, at)), Fraction())
            case "neg":
                return -self.at_once(node[1], days, at)
            case "bin" if node[1] in "+-":
                right = self.at_once(node[3], days, at)
                return self.at_once(node[2], days, at) + (right if node[1] == "+" else -right)
        a, b = (value(one[1]) if one[0] == "num" else self.at_once(one, days, at) for one in node[2:])
        return a / b if node[1] == "/" else a * b

    def opened(self, node: Formula, now: Formula, first: int, until: int, at: Place) -> Fraction:
        """What was counted before the first report here, at the terms of the first day that is computed."""
        begins = {m: min(r.days[0] for r in self.reports if r.measure == m) for m in self.openings}
        used = {one[1] for one in self.names(now, at.day)}
        counted = {m for m in begins if m in used and first < begins[m] <= until}
        if not counted:
            return Fraction()
        day = min(begins[m] for m in counted)
        if (
            any(isinstance(part, Window) and part.unit == "last" for part in node)
            and not at.period[0] <= day < at.period[1]
        ):
            raise Missing("what was counted before")
        days = period(at.every, day, self.start)
        flows = {m for m in used if self.natures.get(m, "flow") == "flow"}
        before = [Report(m, days, self.openings[m] if m in counted else Fraction()) for m in flows]
        others = [r for r in self.reports if r.measure not in flows]
        p = at._replace(period=days, seen=days, standing=length(days), whole=length(days), day=day)
        return replace(self, reports=before + others, openings={}, made={}).value(now, p)

    def stood(self, node: Formula, number: int, day: int, at: Place) -> tuple[Formula, Formula] | None:
        """What a running total counts on a day, and the holder's formula of that day; None: nothing."""
        now = pieces(node)[number]
        version = self.version(at.holder, day)
        measures = plain(now) and node[0] != "call"
        if version is None or version.formula == at.formula:
            dated = number == 1 and node[0] in LIMITED  # what falls due is dated itself
            return (now, at.formula) if version or measures or dated else None
        path = next((path for path, one in walk(at.formula) if one == node), None)
        there = [(path_, one) for path_, one in walk(version.formula) if alike(one, node)]
        same = [one for path_, one in there if path_ == path] or ([one for _, one in there] if len(there) == 1 else [])
        if same:
            return pieces(same[0])[number], version.formula
        unit = node[-1] if isinstance(node[-1], Window) else None
        if measures or (node[0] != "call" and (node[0] == "tiers" or number or (unit and unit.since))):
            return now, at.formula
        if node[0] == "cap" or (node[0] == "atleast" and unit):
            came = next((one for path_, one in walk(version.formula) if path_ == path), None)
            return (came, version.formula) if came is not None else None
        return None


def is_irregular(unit: Window) -> bool:
    """Whether what is reported for a period is spread where the window cuts it."""
    return unit.contract or unit.since is not None or unit.anchor is not None


def has_window(node: Formula) -> bool:
    return node[0] in ("tiers", *LIMITED) and any(isinstance(part, Window) for part in node)


def plain(node: Formula) -> bool:
    """Measures and names, added up."""
    if node[0] == "neg":
        return plain(node[1])
    return node[0] == "name" or (node[0] == "bin" and node[1] in "+-" and plain(node[2]) and plain(node[3]))


def alike(one: Formula, other: Formula) -> bool:
    """The same construct with the same window."""
    if one[0] != other[0] or (one[0] == "call" and one[1] != other[1]):
        return False
    return [w for w in one if isinstance(w, Window)] == [w for w in other if isinstance(w, Window)]


def values(node: Formula) -> list[Formula]:
    """What an `if`, a `band` or an `on` can come to."""
    if node[0] == "band":
        return [rate for rate, _, _ in node[2]]
    return list(node[2:]) if node[0] == "if" else [a for _, a in node[1:]]


def factors(node: Formula) -> list[Formula]:
    """The factors of a product or quotient."""
    return [*factors(node[2]), *factors(node[3])] if node[0] == "bin" and node[1] in ("*", "of", "/") else [node]


def power(amount: Fraction, sign: int) -> Fraction:
    if sign < 0 and not amount:
        raise Missing("it divides by zero")
    return amount if sign > 0 else 1 / amount


def cents(amount: Fraction) -> Fraction:
    """Half up, away from zero."""
    whole = floor(abs(amount) * 100 + Fraction(1, 2))
    return Fraction(whole if amount >= 0 else -whole, 100)


def _iso(day: int) -> str:
    from datetime import date

    return date.fromordinal(day).isoformat()


CALLS = {
    "max": max,
    "min": min,
    "floor": lambda a: Fraction(floor(a[0])),
    "ceiling": lambda a: Fraction(ceil(a[0])),
    "abs": lambda a: abs(a[0]),
}
