"""Text to terms and back: what stands in a clause, read by `parse...` and printed by `format...`.

`parse(format(x)) == x`, and printing what was read is stable: the ledger keeps the canonical text. A text
that cannot be read raises NotationError, which points at the column and shows a correct example.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from ledger.errors import NotationError, UnknownCurrency
from ledger.language import formula as f
from ledger.language import habits
from ledger.language.grammar import Grammar
from ledger.language.heads import head_text, name_text, read_head, read_holder
from ledger.language.printer import flow_text, formula_text
from ledger.language.reader import EXAMPLE
from ledger.language.terms import Flow
from ledger.language.tokens import amount as parse_amount
from ledger.language.tokens import refusal, tokens
from ledger.money import ROUNDINGS, minor_unit

__all__ = [
    "format",
    "format_commits",
    "format_defines",
    "format_pays",
    "format_right",
    "parse",
    "parse_amount",
    "parse_commits",
    "parse_defines",
    "parse_expr",
    "parse_pays",
    "parse_placed",
    "parse_right",
]

_DEFINES = "net_sales: gross - returns"

# How people say `every`, in one word.
ADVERBS = {
    "daily": f.Window("day"),
    "monthly": f.MONTH,
    "quarterly": f.QUARTER,
    "yearly": f.YEAR,
    "annually": f.YEAR,
}


@lru_cache(maxsize=16_384)
def parse(text: str) -> Flow:
    """The flow that a text says: a formula, and how it is paid. Raises NotationError."""
    grammar = Grammar(text)
    flow = _flow(grammar)
    grammar.need_end()
    return flow


@lru_cache(maxsize=16_384)
def parse_expr(text: str) -> f.Expr:
    """The formula that a text says. Raises NotationError."""
    grammar = Grammar(text)
    expr = grammar.formula()
    grammar.need_end(_DEFINES)
    return expr


def format(value: Flow | f.Expr) -> str:
    """The canonical text of a flow or a formula."""
    return flow_text(value) if isinstance(value, Flow) else formula_text(value)


def parse_pays(text: str) -> tuple[str, str, str | None, Flow]:
    """Payer, payee, name (or None) and flow of `A -> B as royalty: 20% of revenue every quarter`."""
    example = "OpenAI -> Microsoft as revenue_share: 20% of revenue every quarter"
    head = read_head(text, example, plain_name=True)
    return head.payer, head.payee, head.name, parse_placed(text, head.rest)


def format_pays(payer: str, payee: str, name: str | None, flow: Flow) -> str:
    """The canonical text of a `pays` clause."""
    return f"{head_text(payer, payee, name)}: {flow_text(flow)}"


def parse_defines(text: str) -> tuple[str, f.Expr]:
    """Name and formula of `net_sales: gross - returns`."""
    grammar = Grammar(text)
    name = grammar.name("the name that is defined: a letter, then letters, digits and _", _DEFINES)
    grammar.need(":", _DEFINES, "':' after the name")
    expr = grammar.formula()
    grammar.need_end(_DEFINES)
    return name, expr


def format_defines(name: str, expr: f.Expr) -> str:
    """The canonical text of a `defines` clause."""
    return f"{name}: {formula_text(expr)}"


def parse_right(text: str) -> tuple[str, str | None, str]:
    """Holder, name (or None) and text of `Microsoft as compute: right of first refusal on new capacity`."""
    return read_holder(text, "Microsoft as compute: right of first refusal on new computing capacity")


def format_right(holder: str, name: str | None, text: str) -> str:
    """The canonical text of a `right` clause."""
    return f"{name_text(holder)}{f' as {name}' if name else ''}: {text}"


def parse_commits(text: str) -> tuple[str, str, str | None, str, Decimal | None]:
    """Payer, payee, name, text and amount (or None) of `OpenAI -> Microsoft: 250bn of Azure services`.

    The promise is kept as text; the amount is the number that it starts with.
    """
    head = read_head(text, "OpenAI -> Microsoft: 250bn of Azure services")
    promise = text[head.rest :].strip()
    return head.payer, head.payee, head.name, promise, _leading_amount(promise)


def format_commits(payer: str, payee: str, name: str | None, text: str) -> str:
    """The canonical text of a `commits` clause."""
    return f"{head_text(payer, payee, name)}: {text}"


def parse_placed(text: str, start: int) -> Flow:
    """The flow that follows `start`, with columns counted in the whole text."""
    try:
        return parse(text[start:].strip())
    except NotationError as error:
        shift = start + len(text[start:]) - len(text[start:].lstrip())
        raise NotationError(text, error.column + shift, error.expected, error.example) from None


def _leading_amount(promise: str) -> Decimal | None:
    first = promise.split(maxsplit=1)[0] if promise.split() else ""
    try:
        found = tokens(first.rstrip(",.;"))
    except NotationError:
        return None
    if len(found) != 2 or found[0].kind != "number":
        return None
    return parse_amount(found[0].text)


def _flow(grammar: Grammar) -> Flow:
    expr = grammar.amount()
    found: dict[str, object] = {}
    while grammar.word in MODIFIERS or grammar.word in ADVERBS:
        name, value = _modifier(grammar)
        if name in found:
            raise grammar.refusal(f"'{name}' only once", EXAMPLE)
        found[name] = value
        if name == "rounding" and grammar.skip("to"):
            found["unit"] = grammar.number()
    return Flow(expr, **found)  # type: ignore[arg-type]


MODIFIERS = frozenset({"every", "per", "once", "within", "rounded", "in", "prorated", "as"})
_FIXED = "500 every month as on last day"


def _modifier(grammar: Grammar) -> tuple[str, object]:
    word = grammar.word
    if word in ADVERBS:
        grammar.step()
        return "every", ADVERBS[word]
    grammar.step()
    match word:
        case "every" | "per":
            return "every", _period(grammar)
        case "once":
            return "every", f.ONCE
        case "within":
            return "within", _days(grammar)
        case "rounded":
            return "rounding", _rounding(grammar)
        case "prorated":
            return "fixed", word
        case "as":
            return "fixed", _fixed(grammar)
    return "currency", _currency(grammar)


def _period(grammar: Grammar) -> f.Window:
    start = grammar.token.start
    if grammar.word not in _PERIOD_WORDS:
        meant = habits.period(grammar.tokens, grammar.at, "20% of revenue every {}")
        raise grammar.refusal(*(meant or (f"a period: {EVERY}", EXAMPLE)))
    window = grammar.window()
    if window.unit not in f.MONTHS or window.since:
        raise refusal(grammar.text, start, f"a period: {EVERY}", EXAMPLE)
    return window


EVERY = "day, month, quarter, half-year, year, contract month, contract quarter or contract year"
_PERIOD_WORDS = frozenset({*f.MONTHS, "half", "contract", "since", "life", "last"})


def _days(grammar: Grammar) -> int:
    token = grammar.token
    if not token.text.isdigit() or len(token.text) > 4:
        raise grammar.refusal("a number of days", "20% of revenue every quarter within 30 days")
    grammar.step()
    grammar.need("days", "20% of revenue every quarter within 30 days")
    return int(token.text)


def _fixed(grammar: Grammar) -> str:
    grammar.need("on", _FIXED)
    edge = grammar.word
    if not (grammar.skip("first") or grammar.skip("last")):
        raise grammar.refusal("'first day' or 'last day'", _FIXED)
    grammar.need("day", _FIXED)
    return f"as on {edge} day"


def _rounding(grammar: Grammar) -> str:
    start = grammar.token.start
    words = grammar.step().text
    if words == "half":
        words += " " + grammar.step().text
    if words not in ROUNDINGS:
        expected = f"one of {', '.join(ROUNDINGS)}"
        raise refusal(grammar.text, start, expected, "20% of revenue every quarter rounded half even")
    return words


def _currency(grammar: Grammar) -> str:
    token = grammar.step()
    try:
        minor_unit(token.text)
    except UnknownCurrency:
        expected = f"a currency's three capital letters, and not '{token.text or 'nothing'}'"
        raise refusal(grammar.text, token.start, expected, "5m every year in EUR") from None
    return token.text
