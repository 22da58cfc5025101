"""Stories that chance makes: a deal of every construct, amended, and what was reported; and what the product says."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from hypothesis import strategies as st

from ledger.calendar import Span as Days
from ledger.computing import evaluation
from ledger.computing.evaluation import Measures, Reported
from ledger.language import notation
from tests.money.calendar import EVER, MONTHS, Span, later, period, periods
from tests.money.formulas import Formula, Window, day, name, num, text, walk
from tests.money.oracle import Oracle, Report, Version

START = day("2025-01-01")
MONTH, QUARTER, YEAR = Window("month"), Window("quarter"), Window("year")
LIFE = Window("life")
NATURES = {"k": "rate", "p": "rate", "n": "stock", "m": "stock", "q": "rate", "s": "stock"}
DECLARED = {"q": "rate", "s": "stock"}
VALUES = ("red", "blue")
XY = (name("x"), name("y"))


class Story(NamedTuple):
    """A deal's lines, its first day, what was reported, and which days are asked for."""

    lines: dict[str, list[Version]]
    reports: list[Report]
    start: int | None
    within: Span
    met: dict[str, int] = {}  # noqa: RUF012
    openings: dict[str, Fraction] = {}  # noqa: RUF012
    natures: dict[str, str] = {}  # noqa: RUF012

    def oracle(self) -> Oracle:
        return Oracle(self.lines, self.reports, self.start, self.met, self.openings, self.natures)

    def told(self) -> str:
        """The story as somebody would type it."""
        said = [f"start {date.fromordinal(self.start) if self.start else 'not known'}; {dates(self.within)}"]
        for line, versions in self.lines.items():
            said += [f"{dates(v.days)}  {line}: {flow_text(v)}" for v in versions]
        for r in self.reports:
            where = "".join(f", {d}={v}" for d, v in r.slices)
            said.append(f"{r.measure}[{dates(r.days)}{where}]={r.amount}")
        return "\n".join([*said, f"{self.met or ''} {self.openings or ''} {self.natures or ''}"])


def dates(span: Span) -> str:
    return f"{date.fromordinal(span[0])}..{date.fromordinal(span[1] - 1)}"


def flow_text(version: Version) -> str:
    every = f" every {version.every.text()}" if version.every else ""
    return f"{text(version.formula)}{every}{' ' + version.word if version.word else ''}"


# --- the product ----------------------------------------------------------------------------------------------


def product(story: Story, **options: Any) -> dict[tuple[str, Span], Fraction | None]:
    """What the product pays for each line and period; None is not computed."""
    program = evaluation.compile(
        [
            evaluation.Line(line, tuple((days(v.days), terms(v)) for v in versions))
            for line, versions in story.lines.items()
        ],
        start=date.fromordinal(story.start) if story.start else None,
    )
    found = program.run(measures(story), days(story.within), **asked(story), **options)
    flows = {line for line, versions in story.lines.items() if any(v.every for v in versions)}
    return {
        (row.line, (row.period.start.toordinal(), row.period.end.toordinal())): (
            Fraction(row.payment) if isinstance(row.payment, Decimal) else None
        )
        for row in found
        if row.line in flows
    }


def asked(story: Story) -> dict[str, Any]:
    return {
        "conditions": {met: date.fromordinal(on) for met, on in story.met.items()},
        "openings": {measure: decimal(amount) for measure, amount in story.openings.items()},
    }


def measures(story: Story) -> Measures:
    reports = [Reported(r.measure, days(r.days), decimal(r.amount), r.slices) for r in story.reports]
    return Measures(reports).declared(story.natures)


def terms(version: Version) -> Any:
    said = flow_text(version)
    return notation.parse(said) if version.every else notation.parse_expr(said)


def days(span: Span) -> Days:
    return Days(date.fromordinal(span[0]), date.fromordinal(span[1]))


def decimal(amount: Fraction) -> Decimal:
    return Decimal(amount.numerator) / Decimal(amount.denominator)


# --- formulas -------------------------------------------------------------------------------------------------

PERCENTS = ("5%", "10%", "12.5%", "20%")
AMOUNTS = ("100", "500", "750.25", "1200", "3k")
WINDOWS = (MONTH, QUARTER, YEAR, Window("half-year"), LIFE, Window("year", True),
           Window("life", since=day("2025-02-01")), Window("last", months=6),
           Window("quarter", since=day("2025-02-01")), Window("year", anchor=(7, 1)))  # fmt: skip


def times(rate: str, of: Formula) -> Formula:
    return ("bin", "of", num(rate), of)


def numbers(given: tuple[str, ...]) -> st.SearchStrategy[Formula]:
    return st.sampled_from(given).map(num)


class Making(NamedTuple):
    """What formulas may be made of."""

    natures: bool = True
    windows: bool = True
    recoup: bool = True
    definition: bool = True
    flow: str = ""  # another flow that may be named
    slices: bool = False
    wide: bool = False  # milestones, increases, declared natures; clauses that lapse and change their periods
    least: int = 1  # months: a window of something that is not read at once is no shorter


def is_linear(node: Formula) -> bool:
    """Whether its running total is read from the reports at once."""
    if node[0] == "bin" and node[1] in "+-":
        return is_linear(node[2]) and is_linear(node[3])
    return (node[0] == "name" and node[1] in "xy") or (
        node[:2] == ("bin", "of") and node[2][0] == "num" and is_linear(node[3])
    )


def counts_in_place(node: Formula) -> bool:
    """Whether nothing in it counts in a window, but perhaps the whole."""
    return not any(isinstance(part, Window) for path, one in walk(node) if path for part in one)


EVERYTHING = Making()


@st.composite
def flows(draw: st.DrawFn, making: Making, depth: int = 2) -> Formula:
    """An amount of money that adds up over days."""
    kinds = ["share", "share", "net"]
    if depth:
        kinds += [
            "plus",
            "tiers",
            "cap",
            "atleast",
            "excess",
            "call",
            "if",
            "band",
            "on",
            "due",
            "fixed",
            "neg",
            "months",
        ]
        kinds += ["stock", "rate"] if making.natures else []
        kinds += ["recoup"] if making.recoup else []
        kinds += ["total"] if making.windows else []
        kinds += ["base", "base"] if making.definition else []
        kinds += ["flow"] if making.flow else []
        kinds += ["each", "pool", "filter"] if making.slices else []
        kinds += ["declared", "declared", "prior"] if making.wide else []
        kinds += ["increase", "increase", "once"] if making.wide and depth == 2 else []
    kind = draw(st.sampled_from(kinds))
    inner = flows(making, depth - 1) if depth else st.none()
    window = st.sampled_from((None, *(WINDOWS if making.windows else ())))
    amount = numbers(AMOUNTS)
    measure = st.sampled_from(["x", "y"]).map(name)
    match kind:
        case "share":
            return times(draw(st.sampled_from(PERCENTS)), name(draw(st.sampled_from(["x", "y"]))))
        case "net":
            return ("bin", draw(st.sampled_from("+-")), name("x"), name("y"))
        case "plus":
            return ("bin", draw(st.sampled_from("+-")), draw(inner), draw(st.one_of(amount, inner)))
        case "neg":
            return ("neg", draw(inner))
        case "fixed":
            return ("bin", "+", draw(inner), ("call", "max", times("1000%", draw(levels(making))), num("50")))
        case "tiers":
            return ("tiers", draw(measure), draw(window), draw(slices(numbers(PERCENTS), "to")))
        case "cap" | "atleast" | "recoup" | "excess":
            per, of = draw(window), draw(inner)
            if per and MONTHS.get(per.unit, 12) < making.least and not is_linear(of):
                per = YEAR
            if kind == "atleast" and per and per.unit in ("life", "last"):
                per = YEAR
            if kind in ("recoup", "excess", "atleast", "cap") and per and per.unit == "last":
                per = YEAR
            limits = [amount] + ([dues()] if kind != "atleast" else [])
            return (kind, of, draw(st.one_of(*limits)), per)
        case "call":
            function = draw(st.sampled_from(["max", "min", "floor", "ceiling", "abs"]))
            more = (draw(st.one_of(amount, inner)),) if function in ("max", "min") else ()
            return ("call", function, draw(inner), *more)
        case "if":
            return ("if", draw(conditions(making)), draw(inner), draw(st.one_of(amount, inner, st.just(num("0")))))
        case "band":
            rate = ("band", draw(levels(making)), draw(slices(numbers(PERCENTS), "both")))
            return ("bin", "of", rate, draw(inner))
        case "on":
            return ("bin", "of", draw(steps("on", numbers(PERCENTS))), draw(inner))
        case "due":
            return draw(dues())
        case "months":
            return ("eachp", "month", draw(flows(making._replace(windows=False, flow=""), depth - 1)))
        case "stock":
            of = draw(st.sampled_from([("last", name("n")), ("last", ("bin", "+", name("n"), name("m")))]))
            return ("bin", "of", ("band", of, draw(slices(numbers(PERCENTS), "both"))), draw(inner))
        case "rate":
            return ("bin", "*", draw(inner), ("rate", name(draw(st.sampled_from(["k", "p"])))))
        case "total":
            per, of = draw(st.sampled_from(WINDOWS)), draw(inner)
            if MONTHS.get(per.unit, 12) < making.least and not is_linear(of):
                per = YEAR
            return times("5%", ("total", of, per))
        case "declared":
            if draw(st.booleans()):
                return ("bin", "*", draw(inner), name("q"))
            return ("bin", "of", ("band", name("s"), draw(slices(numbers(PERCENTS), "both"))), draw(inner))
        case "increase":
            return ("increase", draw(st.one_of(increased(making), increased(making).map(lambda of: times("5%", of)))))
        case "once":
            reached = ("bin", ">", ("total", draw(measure), LIFE), draw(amount))
            return ("once", draw(amount), draw(st.sampled_from([reached, ("met", "launch")])))
        case "prior":
            return times("5%", ("prior", draw(measure), draw(st.sampled_from(WINDOWS))))
        case "base":
            return name("base")
        case "flow":
            return times(draw(st.sampled_from(PERCENTS)), name(making.flow))
        case "each":
            return ("each", "c", draw(flows(making._replace(definition=False, flow=""), depth - 1)))
        case "pool":
            share = ("bin", "/", name("x"), ("overall", name("x")))
            return ("each", "c", ("bin", "*", share, ("overall", name("y"))))
        case "filter":
            return times("10%", name("x", ("c", ("red",), draw(st.booleans()))))
    raise AssertionError(kind)


@st.composite
def increased(draw: st.DrawFn, making: Making) -> Formula:
    """Something whose increase is asked for."""
    total = ("total", name(draw(st.sampled_from(["x", "y"]))), draw(st.sampled_from((YEAR, LIFE, *WINDOWS))))
    reached = ("if", ("met", "launch"), draw(numbers(AMOUNTS)), num("0"))
    marked = ("on", (draw(st.integers(START, START + 200)), draw(numbers(AMOUNTS))))
    return draw(st.sampled_from([total, total, reached, marked, ("call", "max", total, num("500"))]))


@st.composite
def slices(draw: st.DrawFn, rates: st.SearchStrategy[Formula], words: str) -> tuple[Any, ...]:
    limits = draw(st.sampled_from([("1k",), ("500", "2k"), ("100", "1k", "5k")]))
    word = st.sampled_from(["to", "under"]) if words == "both" else st.just("to")
    return (*((draw(rates), num(limit), draw(word)) for limit in limits), (draw(rates), None, "above"))


def dues() -> st.SearchStrategy[Formula]:
    return steps("due", numbers(AMOUNTS))


@st.composite
def steps(draw: st.DrawFn, kind: str, of: st.SearchStrategy[Formula]) -> Formula:
    when = draw(st.lists(st.integers(START - 20, START + 200), min_size=1, max_size=3, unique=True))
    return (kind, *((at, draw(of)) for at in sorted(when)))


@st.composite
def levels(draw: st.DrawFn, making: Making) -> Formula:
    """A number that is compared."""
    given = [name("x"), name("y"), ("bin", "-", name("x"), name("y")), ("number", MONTH), times("50%", name("x"))]
    given += [("days", None), ("days", YEAR), ("bin", "/", name("x"), ("bin", "+", name("y"), num("1k")))]
    if making.natures:
        given += [("last", name("n"))]
    if making.definition:
        given += [name("base")]
    if making.windows:
        window = draw(st.sampled_from(WINDOWS))
        given += [("total", name("x"), window), ("prior", name("y"), window), ("total", name("x"), LIFE),
                  ("total", times("10%", name("x")), window)]  # fmt: skip
    return draw(st.sampled_from(given))


@st.composite
def conditions(draw: st.DrawFn, making: Making) -> Formula:
    if draw(st.integers(0, 4)) == 0:
        return ("met", "launch")
    sign = draw(st.sampled_from(["<", "<=", ">", ">=", "=", "!="]))
    one: Formula = ("bin", sign, draw(levels(making)), num(draw(st.sampled_from(("100", "500", "1k", "3k")))))
    how = draw(st.integers(0, 9))
    if how == 0:
        return ("not", one)
    return ("bin", draw(st.sampled_from(["and", "or"])), one, ("met", "launch")) if how == 1 else one


# --- deals ----------------------------------------------------------------------------------------------------


@st.composite
def amended(draw: st.DrawFn, formula: Formula, making: Making) -> Formula:
    """The formula with other numbers, the same, or another one."""
    how = draw(st.sampled_from(["same", "numbers", "numbers", "construct"]))
    if how == "same":
        return formula
    if how == "construct":
        other = draw(flows(making))
        return other if counts_in_place(other) and counts_in_place(formula) else formula
    return other_numbers(formula, draw(st.integers(1, 3)))


def other_numbers(node: Any, by: int) -> Any:
    """Every percentage of it changed."""
    if not isinstance(node, tuple) or isinstance(node, Window):
        return node
    if node and node[0] == "num":
        return ("num", f"{Decimal(node[1][:-1]) + by}%") if node[1].endswith("%") else node
    return tuple(other_numbers(one, by) for one in node)


def versions(edges: list[int], formulas: list[Formula], *more: Any) -> list[Version]:
    return [Version(span, f, *more) for span, f in zip(itertools.pairwise(edges), formulas, strict=True)]


@st.composite
def stories(
    draw: st.DrawFn, making: Making = EVERYTHING, cut: bool = True, months: int = 7, wild: bool = True
) -> Story:
    """A deal of one or two clauses and perhaps a definition, with everything that it needs, or nearly, reported.

    Not `wild`: no report is longer than a payment's period or than a month that a window starts with.
    """
    start = draw(st.sampled_from([START, day("2025-01-16")])) if cut else START
    end = later(START, months)
    sliced = making.slices and draw(st.booleans())
    making = making._replace(slices=sliced)
    lines: dict[str, list[Version]] = {}
    every = draw(st.sampled_from([MONTH, MONTH, QUARTER, *([Window("quarter", True)] if cut and wild else [])]))
    making = making._replace(least=MONTHS[every.unit])
    if draw(st.booleans()):
        lines["fee"] = draw(line(making._replace(flow="", definition=False), MONTH, start, end, cut))
        making = making._replace(flow="fee")
    lines["share"] = draw(line(making, every, start, end, cut))
    uses = {
        node[1] for versions in lines.values() for v in versions for _, node in walk(v.formula) if node[0] == "name"
    }
    if "base" in uses:
        lines["base"] = draw(definition(making._replace(flow="", definition=False), start, end, cut))
        uses |= {node[1] for v in lines["base"] for _, node in walk(v.formula) if node[0] == "name"}
    reports = draw(reported(sorted(uses & {"x", "y", *NATURES}), (START, end), every, sliced, start, wild))
    met = {"launch": draw(st.integers(START, end))} if draw(st.booleans()) else {}
    begun = min((r.days[0] for r in reports if r.measure == "x"), default=0) == start
    openings = {"x": Fraction(1000)} if begun and counts_x_alone(lines) and draw(st.integers(0, 2)) == 0 else {}
    natures = {m: nature for m, nature in DECLARED.items() if m in uses}
    return Story(lines, reports, start, (START, end), met, openings, natures)


def counts_x_alone(lines: dict[str, list[Version]]) -> bool:
    """Whether every running total is of a share of one measure, so that an opening of x is plain."""
    counters = ("total", "prior", "tiers", "cap", "atleast", "recoup", "excess")
    counted = [node[1] for vs in lines.values() for v in vs for _, node in walk(v.formula) if node[0] in counters]
    return all(of in XY or (of[:2] == ("bin", "of") and of[2][0] == "num" and of[3] in XY) for of in counted)


@st.composite
def line(draw: st.DrawFn, making: Making, every: Window, start: int, end: int, cut: bool) -> list[Version]:
    """A clause that pays, perhaps amended, from the deal's first day or later, perhaps to an end."""
    first = draw(flows(making))
    edges = [start] + (
        []
        if not cut or draw(st.booleans())
        else draw(st.lists(st.integers(start + 1, end - 1), max_size=2, unique=True))
    )
    edges = sorted(edges)
    if cut and draw(st.integers(0, 3)) == 0:
        edges[0] = min(draw(st.integers(start, start + 70)), edges[-1] if len(edges) == 1 else edges[1] - 1)
    formulas = [first]
    for _ in edges[1:]:
        formulas.append(draw(amended(formulas[-1], making)))
    last = draw(st.sampled_from([EVER[1], EVER[1], end - 20, later(START, 6)])) if cut else EVER[1]
    word = draw(st.sampled_from(["", "", "", "prorated", "as on last day", "as on first day"])) if cut else ""
    found = versions([*edges, max(last, edges[-1] + 1)], formulas, every, word)
    return [draw(otherwise(one)) for one in found] if making.wide and cut else found


@st.composite
def otherwise(draw: st.DrawFn, version: Version) -> Version:
    """The version, perhaps with a gap after it, paid in other periods, or with another word on fixed amounts."""
    first, last = version.days
    match draw(st.integers(0, 9)):
        case 0 if last != EVER[1]:
            return version._replace(days=(first, max(first + 1, last - draw(st.integers(1, 50)))))
        case 1 | 2 if version.every in (MONTH, QUARTER):
            return version._replace(every=draw(st.sampled_from([MONTH, QUARTER])))
        case 3 | 4:
            return version._replace(word=draw(st.sampled_from(["", "prorated", "as on last day", "as on first day"])))
    return version


@st.composite
def definition(draw: st.DrawFn, making: Making, start: int, end: int, cut: bool) -> list[Version]:
    first = draw(flows(making, 1))
    edges = [EVER[0]] + (
        sorted(draw(st.lists(st.integers(start + 1, end - 1), max_size=2, unique=True))) if cut else []
    )
    formulas = [first]
    for _ in edges[1:]:
        formulas.append(draw(amended(formulas[-1], making)))
    return versions([*edges, EVER[1]], formulas)


@st.composite
def reported(
    draw: st.DrawFn, names: list[str], span: Span, every: Window, sliced: bool, start: int, wild: bool = True
) -> list[Report]:
    """Every measure, in a grain of its own; now and then something is missing."""
    found: list[Report] = []
    amount = st.sampled_from([0, 0, 100, 250, 999, 1000, 1001, 4000, "333.33", "0.05", -200]).map(Fraction)
    for measure in names:
        grain = draw(st.sampled_from(["day", "month", "month", "halves", *(["period", "quarter"] if wild else [])]))
        if measure in NATURES:
            grain = draw(st.sampled_from(["month", "month", "period"]))
        spans = grains(grain, span, every, start)
        if grain == "day":
            picked = draw(st.lists(st.integers(span[0], span[1] - 1), min_size=8, max_size=14, unique=True))
            spans = [
                (d, d + 1)
                for d in sorted({*picked, *(later(span[0], n) + 3 for n in range(12) if later(span[0], n) < span[1])})
            ]
        steady = draw(st.booleans())
        held = Fraction(draw(st.sampled_from(["0.5", "1", "1.25", "2"])))
        for one in spans:
            there = draw(st.integers(0, 60)) or grain == "day"
            for slice_ in [(("c", v),) for v in VALUES] if sliced and measure in "xy" else [()]:
                value = draw(amount)
                if NATURES.get(measure) == "rate":
                    value = held if steady else Fraction(draw(st.sampled_from(["0.5", "1", "1.25", "2"])))
                if there:
                    found.append(Report(measure, one, value, slice_))
    return found


def grains(grain: str, span: Span, every: Window, start: int) -> list[Span]:
    if grain == "halves":
        return [half for one in periods(MONTH, span, start) for half in ((one[0], one[0] + 15), (one[0] + 15, one[1]))]
    unit = {"month": MONTH, "quarter": QUARTER, "period": every, "day": MONTH}[grain]
    return [
        one
        for one in periods(unit, span, start)
        if span[0] <= one[0] and one[1] <= period(QUARTER, span[1] - 1, start)[1]
    ]
