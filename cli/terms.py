"""`deal terms`: what a text of the notation says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cli.options import today_text, with_json
from cli.render import as_json, as_text, words
from ledger.calendar import parse_day
from ledger.computing.reading import KINDS, Reading, Said, read_clauses, rows
from ledger.files import text_of

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("terms")
def terms_() -> None:
    """Read and check texts of the terms language.

    \b
    Example:
      deal terms check "GSK -> Theravance as royalty: tiers(net_sales per year: 6.5% to 750m, 8% above)"
    """


def with_kinds(command: Callable[..., Any]) -> Callable[..., Any]:
    """An option for each kind of clause, as 'deal open' has them; any number of each."""
    for kind in reversed(KINDS):
        command = click.option(f"--{kind}", multiple=True, metavar="TEXT", help=_KINDS[kind])(command)
    return command


_KINDS = {
    "pays": "'PAYER -> PAYEE [as NAME]: 20% of revenue every quarter'",
    "defines": "'NAME: gross - returns'",
    "right": "'HOLDER [as NAME]: what it may do'",
    "commits": "'PAYER -> PAYEE [as NAME]: 250bn of services'",
    "nets": "'ONE <-> OTHER': what they owe is set off.",
    "drop": "The key of a clause that ends.",
    "pool": "'NAME' or 'NAME: MEMBER, MEMBER 40%', a pool of partners.",
    "term": "'2019-07-22..2030-12-31', '2030' or 'until CONDITION'.",
}


@terms_.command("check")
@click.argument("texts", nargs=-1)
@click.option("--file", "-f", "files", multiple=True, type=FILE, help="A file of clauses, one a line.")
@with_kinds
@with_json
def check(texts: tuple[str, ...], files: tuple[Path, ...], json: bool, **given: tuple[str, ...]) -> None:
    """Read TEXTS (or a file of clauses): the canonical form, what it needs, whether it can be computed.

    TEXTS are formulas, definitions, flows, rights with a name (HOLDER as NAME: ...) and set-offs (ONE <-> OTHER), with
    their days. What could be read otherwise is said by the options of 'deal open'. What is refused here is refused by
    'deal open' and 'deal quote': all texts are read as those of one agreement.

    \b
    Example:
      deal terms check "GSK -> Theravance as royalty: tiers(net_sales per year: 6.5% to 750m, 8% above)"
      deal terms check --commits "OpenAI -> Microsoft: 250bn of Azure services" --nets "HPS <-> SHPS"
    """
    if not (texts or files or any(given.values())):
        raise click.UsageError('Give a text, for example: deal terms check "20% of revenue every quarter"')
    paths = [*files, *(Path(text) for text in texts if _is_file(text))]
    found = read_clauses(
        [
            *(Said(number, text) for number, text in enumerate(texts, 1) if not _is_file(text)),
            *(Said(1, text, kind) for kind in KINDS for text in given[kind]),
            *(said for path in paths for said in rows(text_of(path))),
        ],
        parse_day(today_text()),
    )
    readings = [one for one in found if isinstance(one, Reading)]
    if json:
        as_json({"schema": "deal.terms/1", "rows": [one.record() for one in readings]})
    else:
        for one in readings:
            as_text(one.one_line() if paths else one.in_words())
    for problem in found:
        if not isinstance(problem, Reading):
            words(f"deal: {f'Line {problem[0]}: ' if paths else ''}{problem[1]}")
    if len(readings) < len(found):
        click.get_current_context().exit(1)


def _is_file(text: str) -> bool:
    return len(text) < 200 and "\n" not in text and Path(text).is_file()
