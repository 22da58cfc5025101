"""The page "How to say it" is run: its terms, its commands, and what they print."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import main
from ledger.computing.sheet import read_sheet, write_line

PAGE = Path(__file__).parent.parent / "docs" / "how-to-say-it.md"
EXAMPLES = re.findall(
    r"^## ([^\n]*)\n.*?^```text\n(.*?)^```\n\n^```console\n\$ deal quote ([^\n]*)\n(.*?)^```$",
    PAGE.read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)


@pytest.mark.parametrize(("title", "terms", "words", "shown"), EXAMPLES, ids=[example[0] for example in EXAMPLES])
def test_the_example_prints_what_the_page_shows(
    title: str, terms: str, words: str, shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("terms.txt").write_text(terms, encoding="utf-8")
    assert CliRunner().invoke(main, ["quote", *shlex.split(words)]).output == shown


def test_the_terms_of_the_page_are_canonical() -> None:
    for _, terms, _, _ in EXAMPLES:
        assert "\n".join(write_line(line) for line in read_sheet(terms)) + "\n" == terms


def test_every_construct_has_a_section() -> None:
    titles = [example[0] for example in EXAMPLES]
    assert len(titles) == PAGE.read_text(encoding="utf-8").count("\n## ") - 3  # exactness, limits, what could not
    assert len(titles) >= 15
