"""A short run of the fuzz test; `python -m tests.fuzz_notation 1000000` for a long one."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.computing.evaluation import compile, line
from ledger.computing.explanation import explain
from ledger.errors import Refusal
from ledger.language import formula as f
from ledger.language import notation
from ledger.language.terms import Flow
from tests import fuzz_notation
from tests.fuzz_notation import FIGURES, FIRST
from tests.ledger import formulas


def test_texts_nobody_would_write_are_read_or_refused() -> None:
    read, _ = fuzz_notation.run(1500, seed=7)
    assert read > 50  # else it would test nothing but refusals


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(formulas.flows, st.booleans())
def test_whatever_can_be_said_is_computed_and_explained_or_refused(flow: Flow, fresh: bool) -> None:
    try:
        program = compile([line("a", flow), line("total", Flow(f.Name("a"), f.QUARTER))], start=FIRST)
        for row in program.run(FIGURES, fresh=fresh):
            assert explain(row, program.lines) or row.exact is not None
    except Refusal as refusal:
        assert str(refusal).endswith((".", ")"))  # noqa: PT017  (a refusal is one of the right answers)


def test_the_worst_that_the_limits_allow_is_computed_without_a_stack() -> None:
    deep = "(" * 60 + "x" + " + 1)" * 60
    wide = " + ".join(["x"] * 151)
    nested = "max(x, " * 60 + "1" + ")" * 60
    periods = "each(month: " * 30 + "total(x per month)" + ")" * 30
    for written in (deep, wide, nested, "-" * 60 + "x", periods, "total(" * 20 + "x" + " per year)" * 20):
        assert fuzz_notation.try_one(f"{written} every quarter", compute=True)
        notation.parse.cache_clear()
