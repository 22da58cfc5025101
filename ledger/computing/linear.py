"""Which formulas are sums of flows, each times a constant: they can be read from reports of any grain."""

from __future__ import annotations

from ledger.computing.natures import FLOW
from ledger.computing.run import Run
from ledger.language import formula as f


def is_linear(run: Run, expr: f.Expr, reading: str) -> bool:
    """Whether the formula is a sum of flows, each times a constant: it can be read from reports of any grain."""
    return run.natures.kept_linear(expr, reading, lambda: _is_linear(run, expr, reading))


def _is_linear(run: Run, expr: f.Expr, reading: str) -> bool:
    match expr:
        case f.Name(name):
            if name not in run.lines:
                return reading == FLOW and run.natures.of.get(name, FLOW) == FLOW
            return not run.lines.is_flow(name) and all(is_linear(run, e, reading) for _, e in run.lines.formulas(name))
        case f.Binary("+" | "-", left, right):
            return is_linear(run, left, reading) and is_linear(run, right, reading)
        case f.Binary("*" | "of", left, right):
            return (is_constant(left) and is_linear(run, right, reading)) or (
                is_constant(right) and is_linear(run, left, reading)
            )
        case f.Binary("/", left, right):
            return is_linear(run, left, reading) and is_constant(right)
        case f.Negative(operand) | f.Overall(operand):
            return is_linear(run, operand, reading)
    return False


def is_constant(expr: f.Expr) -> bool:
    """Whether the formula is the same number on all days."""
    return all(isinstance(node, f.Number | f.Unknown | f.About | f.Binary | f.Negative) for node in f.walk(expr))
