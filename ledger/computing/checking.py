"""What can be refused of terms before anything is computed: circles, words that do not fit, and too much of it."""

from __future__ import annotations

from ledger.computing.lines import Lines
from ledger.computing.natures import FLOW, Natures
from ledger.errors import Circle, NotComputable, TermsTooLarge
from ledger.language import formula as f
from ledger.language.printer import formula_text, window_text

DEEPEST = 250  # formulas inside one another, definitions included: keeps the recursion shallow
MOST_FORMULAS = 20_000


def check(lines: Lines) -> None:
    """Raises Circle, NotComputable or TermsTooLarge."""
    depths: dict[str, int] = {}
    total = 0
    for name in lines.by_name:
        _depth(lines, name, [], depths)
        for _, expr in lines.formulas(name):
            for node in f.walk(expr):
                total += 1
                _fits(lines, name, node)
    if total > MOST_FORMULAS:
        raise TermsTooLarge("steps to compute", MOST_FORMULAS)


def _depth(lines: Lines, name: str, path: list[str], depths: dict[str, int]) -> int:
    """How deep the formulas of a line stand in each other; what is before the period may be the line itself."""
    if name in depths:
        return depths[name]
    if name in path:
        raise Circle([*path[path.index(name) :], name])
    if len(path) > DEEPEST:
        raise TermsTooLarge("formulas inside one another", DEEPEST)
    found = max((_below(lines, expr, [*path, name], depths) for _, expr in lines.formulas(name)), default=0)
    if found > DEEPEST:
        raise TermsTooLarge("formulas inside one another", DEEPEST)
    depths[name] = found
    return found


def _below(lines: Lines, expr: f.Expr, path: list[str], depths: dict[str, int]) -> int:
    if isinstance(expr, f.Prior):
        return 1
    if isinstance(expr, f.Name) and expr.name in lines:
        return 1 + _depth(lines, expr.name, path, depths)
    return 1 + max((_below(lines, child, path, depths) for child in f.children(expr)), default=0)


def _refuse(expr: f.Expr, why: str, remedy: str) -> NotComputable:
    return NotComputable(formula_text(expr), why, remedy)


def _fits(lines: Lines, name: str, node: f.Expr) -> None:
    match node:
        case f.Binary(operator, left, right):
            logic = operator in f.LOGIC
            for side in (left, right):
                if lines.is_condition(side) != logic:
                    kind = "a condition" if logic else "a number"
                    raise _refuse(node, f"'{formula_text(side)}' is not {kind}", "Compare it with a number, or do not.")
        case f.If(condition) | f.Milestone(_, condition):
            if not lines.is_condition(condition):
                raise _refuse(node, f"'{formula_text(condition)}' is not a condition", "Compare it with a number.")
        case f.AtLeast(_, _, window) if window is not None and window.unit not in f.MONTHS:
            why = f"'{window_text(window)}' has no end at which something could be missing"
            raise _refuse(node, why, "Use a window that ends, such as year or contract year.")
        case f.Limited(_, _, window) if window is not None and window.unit == "last":
            remedy = "Use total(... per last 12 months) and say what is to be paid, or a window that starts anew."
            raise _refuse(node, "what leaves a rolling window would be paid back", remedy)
        case f.Days(window) if window is not None and window.unit not in f.MONTHS:
            raise _refuse(node, f"'{window_text(window)}' has no fixed number of days", "Write days(year).")
        case f.Increase(of):
            _increases(lines, node, of)
        case f.Name(other, filters):
            _names(lines, name, node, other, filters)


def check_limits(lines: Lines, natures: Natures) -> None:
    """Refuse a limit in which a quotient of two measures could be an amount of days, or a level: NotComputable."""
    for expr in lines.all_formulas():
        for node in f.walk(expr):
            if isinstance(node, f.Limited) and node.window is not None:
                quotient = _unclear_in(lines, natures, node.amount, frozenset())
                if quotient is not None:
                    why = f"'{formula_text(quotient)}' may add up over the window, or be one number that stands"
                    left, right = formula_text(quotient.left), formula_text(quotient.right)
                    remedy = (
                        f"Write {left} / rate({right}) where it adds up, or rate({left} / {right}) where it stands."
                    )
                    raise _refuse(node, why, remedy)


def _unclear_in(lines: Lines, natures: Natures, expr: f.Expr, within: frozenset[str]) -> f.Binary | None:
    """A quotient of two amounts of days in a formula, of which no nature is said; what reads levels is left out."""
    if isinstance(expr, f.Total | f.Prior | f.Last | f.Rate | f.Increase | f.Due):
        return None
    if isinstance(expr, f.Binary) and expr.operator == "/":
        sides = (expr.left, expr.right)
        level = natures.degree(expr, FLOW) == 0 and all(natures.additive(side, FLOW) for side in sides)
        if level and all(natures.undeclared(side) for side in sides):
            return expr
    inner: list[f.Expr] = list(f.children(expr))
    if isinstance(expr, f.If | f.Band | f.Tiers):
        inner = [child for child in inner if natures.additive(expr, FLOW) or not lines.is_condition(child)]
    if isinstance(expr, f.Name) and expr.name in lines and not lines.is_flow(expr.name) and expr.name not in within:
        inner = [formula for _, formula in lines.formulas(expr.name)]
        within = within | {expr.name}
    if isinstance(expr, f.Binary) and natures.additive(expr, FLOW):
        return None  # whatever stands in it, the whole is an amount of days
    for child in inner:
        found = _unclear_in(lines, natures, child, within)
        if found is not None:
            return found
    return None


def _increases(lines: Lines, node: f.Expr, of: f.Expr) -> None:
    if any(isinstance(inner, f.Each) for inner, _ in lines.reach(of)):
        raise _refuse(node, "its increase depends on which values are reported", "Write each(...: increase(...)).")


def _names(lines: Lines, around: str, node: f.Name, other: str, filters: tuple[f.Filter, ...]) -> None:
    if other not in lines or not lines.is_flow(other):
        return
    if filters:
        raise _refuse(node, "a flow has no dimensions", "Define what it is computed from, and restrict that.")
    mine = {part.every for part in lines.parts[around]}
    for part in lines.parts[other]:
        if part.every in (None, f.ONCE) and part.every not in mine and other != around:
            why = f"'{other}' does not say in which periods it is paid"
            raise NotComputable(formula_text(node), why, f"Write 'every quarter' after the terms of {other}.")
