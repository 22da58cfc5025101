"""The page about revenue lines is run: its files are written, taken, and come to what the page shows."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import main
from ledger.errors import BadRows
from projections.revenue.take import take
from tests.revenue.files import shown

PAGE = (Path(__file__).parents[2] / "docs" / "lines.md").read_text(encoding="utf-8")
FILES = re.findall(r"^```(?:csv|toml)\n# (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
EXAMPLES = re.findall(r"^```console\n\$ deal ([^\n]*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def cuts(deals: Collection[str]) -> Mapping[str, Collection[date]]:
    return {deal: [date(2025, 1, 16)] for deal in deals if deal == "acme-bolt"}


def reported(words: list[str]) -> str:
    """What `deal report` takes."""
    deal = words.pop(0) if not words[0].startswith("--") else None
    options = dict(zip(words[::2], words[1::2], strict=True))
    mapping = Path(options["--mapping"]) if "--mapping" in options else None
    try:
        found = take(
            Path(options["--file"]), cuts=cuts, mapping=mapping, into_deal=deal, by=options.get("--by", "auto")
        )
    except BadRows as refusal:
        return f"{refusal}\n"
    return "\n".join(shown(found)) + "\n"


@pytest.mark.parametrize(("command", "output"), EXAMPLES, ids=[command for command, _ in EXAMPLES])
def test_the_example_comes_to_what_the_page_shows(
    command: str, output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    for name, text in FILES:
        Path(name).write_text(text, encoding="utf-8")
    program, *words = shlex.split(command)
    if program == "report":
        assert reported(words) == output
    else:
        assert CliRunner().invoke(main, [program, *words]).output == output


def test_every_file_of_the_page_is_taken():
    asked = " ".join(command for command, _ in EXAMPLES)
    assert [name for name, _ in FILES if name not in asked] == []
    assert len(EXAMPLES) >= 6
