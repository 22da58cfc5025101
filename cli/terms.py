"""`deal terms`: what a text of the notation says."""

from __future__ import annotations

from pathlib import Path

import click

from cli.options import with_json
from cli.render import as_json, as_text, words
from ledger.computing.reading import Reading, read_clauses
from ledger.errors import Refusal
from ledger.files import text_of

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("terms")
def terms_() -> None:
    """Read and check texts of the terms language.

    \b
    Example:
      deal terms check "GSK -> Theravance as royalty: tiers(net_sales per year: 6.5% to 750m, 8% above)"
    """


@terms_.command("check")
@click.argument("texts", nargs=-1)
@click.option("--file", "-f", "files", multiple=True, type=FILE, help="A file of clauses, one a line.")
@with_json
@click.pass_context
def check(context: click.Context, texts: tuple[str, ...], files: tuple[Path, ...], json: bool) -> None:
    """Read TEXTS (or a file of clauses): the canonical form, what it needs, whether it can be computed.

    \b
    Example:
      deal terms check "GSK -> Theravance as royalty: tiers(net_sales per year: 6.5% to 750m, 8% above)"
    """
    if not texts and not files:
        raise click.UsageError('Give a text, for example: deal terms check "20% of revenue every quarter"')
    paths = [*files, *(Path(text) for text in texts if _is_file(text))]
    found: list[Reading | tuple[int, Refusal]] = []
    for text in texts:
        if not _is_file(text):
            found.extend(read_clauses(text, sheet=False))
    for path in paths:
        found.extend(read_clauses(text_of(path), sheet=True))
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
        context.exit(1)


def _is_file(text: str) -> bool:
    return len(text) < 200 and "\n" not in text and Path(text).is_file()
