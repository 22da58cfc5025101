"""Laws of money: what must not change an amount does not, and what must change it in proportion does so."""

from __future__ import annotations

import itertools
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.money.calendar import EVER, Span, length
from tests.money.formulas import Formula, Window, name, num, pieces, walk
from tests.money.oracle import Report, Version
from tests.money.stories import START, Making, Story, product, stories

law = settings(max_examples=12, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
Payments = dict[tuple[str, Span], Fraction | None]


def nodes(story: Story) -> list[Formula]:
    return [node for versions in story.lines.values() for v in versions for _, node in walk(v.formula)]


def known(payments: Payments) -> Payments:
    return {row: amount for row, amount in payments.items() if amount is not None}


# --- what changes nothing -------------------------------------------------------------------------------------


@law
@given(stories(), st.data())
def test_amending_to_the_same_text_changes_nothing(story: Story, data: st.DataObject) -> None:
    line = data.draw(st.sampled_from(sorted(story.lines)))
    day = data.draw(st.integers(START + 1, story.within[1] - 1))
    again: list[Version] = []
    for v in story.lines[line]:
        edges = [v.days[0], *([day] if v.days[0] < day < v.days[1] else []), v.days[1]]
        again += [v._replace(days=span) for span in itertools.pairwise(edges)]
    assert product(story._replace(lines={**story.lines, line: again})) == product(story)


@law
@given(stories(Making(slices=True)), st.randoms(use_true_random=False))
def test_the_order_of_entry_changes_nothing(story: Story, random: Any) -> None:
    reports, lines = list(story.reports), list(story.lines.items())
    random.shuffle(reports)
    random.shuffle(lines)
    assert product(story._replace(lines=dict(lines), reports=reports)) == product(story)


@law
@given(stories())
def test_a_measure_and_a_definition_that_nothing_uses_change_nothing(story: Story) -> None:
    unused = [Report("unused", (START + n, START + n + length_), Fraction(7)) for n, length_ in ((0, 1), (40, 90))]
    lines = {**story.lines, "idle": [Version(EVER, name("unused"))]}
    assert product(story._replace(lines=lines, reports=[*story.reports, *unused])) == product(story)


@law
@given(stories())
def test_a_name_of_a_definition_changes_nothing(story: Story) -> None:
    def renamed(node: Any) -> Any:
        if not isinstance(node, tuple) or isinstance(node, Window):
            return "foundation" if node == "base" else node
        return tuple(renamed(one) for one in node)

    lines = {renamed(n): [v._replace(formula=renamed(v.formula)) for v in vs] for n, vs in story.lines.items()}
    assert product(story._replace(lines=lines)) == product(story)


@law
@given(stories())
def test_a_definition_written_out_changes_nothing(story: Story) -> None:
    assume("base" in story.lines and all(len(vs) == 1 and vs[0].days[0] <= START for vs in story.lines.values()))
    (base,) = story.lines["base"]

    def written(node: Any) -> Any:
        if node == name("base"):
            return base.formula
        if not isinstance(node, tuple) or isinstance(node, Window):
            return node
        return tuple(written(one) for one in node)

    lines = {n: [v._replace(formula=written(v.formula)) for v in vs] for n, vs in story.lines.items() if n != "base"}
    assert product(story._replace(lines=lines)) == product(story)


@law
@given(stories(), st.data())
def test_a_report_of_a_flow_may_be_split_and_joined_at_any_day(story: Story, data: st.DataObject) -> None:
    """Where it is known for the longer span: splitting it evenly by days says nothing new."""
    whole, split = [], []
    for r in story.reports:
        days = length(r.days)
        one = r._replace(amount=Fraction(round(r.amount / 100) * days)) if r.measure in "xy" else r
        whole.append(one)
        if r.measure in "xy" and days > 1 and data.draw(st.booleans()):
            at = data.draw(st.integers(r.days[0] + 1, r.days[1] - 1))
            split += [
                one._replace(days=d, amount=one.amount * length(d) / days) for d in ((r.days[0], at), (at, r.days[1]))
            ]
        else:
            split.append(one)
    before, after = known(product(story._replace(reports=whole))), product(story._replace(reports=split))
    assert {row: after[row] for row in before} == before


@law
@given(stories(cut=False))
def test_a_currency_of_the_same_minor_unit_changes_nothing(story: Story) -> None:
    named = {
        n: [v._replace(word=f"{v.word} in EUR".strip()) if v.every else v for v in vs] for n, vs in story.lines.items()
    }
    assert product(story._replace(lines=named)) == product(story)


@law
@given(stories(), st.sampled_from([365, 730, 1461, 28 * 365 + 7]))
def test_everything_may_be_moved_by_whole_years(story: Story, by: int) -> None:
    def day(given: int) -> int:
        return given if given in EVER else given + by

    def moved(node: Any) -> Any:
        if isinstance(node, Window):
            return node._replace(since=node.since + by if node.since else None)
        if not isinstance(node, tuple):
            return day(node) if isinstance(node, int) and node > 700_000 else node
        return tuple(moved(one) for one in node)

    span = lambda days: (day(days[0]), day(days[1]))  # noqa: E731
    later = story._replace(
        lines={
            n: [v._replace(days=span(v.days), formula=moved(v.formula)) for v in vs] for n, vs in story.lines.items()
        },
        reports=[r._replace(days=span(r.days)) for r in story.reports],
        start=day(story.start) if story.start else None,
        within=span(story.within),
        met={name_: day(on) for name_, on in story.met.items()},
    )
    assert {(n, span(d)): amount for (n, d), amount in product(story).items()} == product(later)


# --- what changes it in proportion ----------------------------------------------------------------------------

NOT_MONEY = {"number", "days", "last", "rate"}


def is_money_alone(story: Story) -> bool:
    """Whether every number without % in the terms is money, and nothing is rounded on the way."""
    return not any(
        node[0] in NOT_MONEY or node[:2] in (("bin", "/"), ("call", "floor"), ("call", "ceiling"))
        for node in nodes(story)
    ) and not any(v.word for vs in story.lines.values() for v in vs)


@law
@given(stories(Making(natures=False)))
def test_ten_times_the_money_is_ten_times_the_amount(story: Story) -> None:
    assume(is_money_alone(story) and not any(node == name("fee") for node in nodes(story)))

    def scaled(node: Any) -> Any:
        if not isinstance(node, tuple) or isinstance(node, Window):
            return node
        if node and node[0] == "num" and not node[1].endswith("%"):
            return num(f"{node[1][:-1]}0k" if node[1].endswith("k") else f"{Decimal(node[1]) * 10}")
        return tuple(scaled(one) for one in node)

    more = story._replace(
        lines={n: [v._replace(formula=scaled(v.formula)) for v in vs] for n, vs in story.lines.items()},
        reports=[r._replace(amount=r.amount * 10) for r in story.reports],
        openings={m: amount * 10 for m, amount in story.openings.items()},
    )
    one, ten = product(story), product(more)
    assert one.keys() == ten.keys()
    for row, amount in one.items():
        assert (amount is None) == (ten[row] is None)
        assert amount is None or abs(ten[row] - amount * 10) <= Fraction(5, 100)  # each is rounded by itself


SHARES_OF_SALES = {"tiers", "cap", "excess", "recoup"}


@law
@given(stories(Making(natures=False, definition=False)), st.data())
def test_a_period_without_sales_owes_no_share_of_them(story: Story, data: st.DataObject) -> None:
    def shares(node: Formula) -> bool:
        if node[0] == "bin":
            return (
                node[1] in ("of", "-", "+")
                and all(shares(one) or one[0] == "num" for one in pieces(node))
                and (node[1] == "of" or all(map(shares, pieces(node))))
            )
        if node[0] in SHARES_OF_SALES:
            limit = node[2] if node[0] != "tiers" else num("1")
            return shares(node[1]) and limit[0] == "num" and node[-1 if node[0] != "tiers" else 2] is None
        return node[0] == "name" and node[1] in "xy"

    assume(all(shares(v.formula) for vs in story.lines.values() for v in vs))
    spans = [days for line, days in product(story)]
    assume(spans)
    chosen = data.draw(st.sampled_from(spans))
    quiet = [
        r._replace(amount=Fraction()) if chosen[0] < r.days[1] and r.days[0] < chosen[1] else r for r in story.reports
    ]
    for (_, days), amount in product(story._replace(reports=quiet)).items():
        assert days != chosen or amount in (0, None)
