"""The pages' examples are run, in order, in one folder a page; what they print is what the page shows.

`python -m tests.test_readme` writes what the commands print now into the pages.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

HOUSE = Path(__file__).parent.parent
PAGES = ("README.md", "docs/settlement.md", "docs/lines.md")

KEY_ID, PUBLIC = "1b4f0e98", "AcvP3mJrJq1mPoM1bzyU0xVxkqWwSGhYvYQ3tS1m3n5b"
SIGNATURE = "G08OmDWkNbHyGLmh1rYhKnV6m4nq5qkZJ4kzvzB5Cz4nq0q2b8cVfQm0mXbqk3bWb3u1h5r9s2JtQm7yqgXbTn1VYg0="
ROOT = "u7WvWmZkTDBzR6fZ1kqK3n0v4bq8m2cHj5Xx9yQd0sE="

BLOCK = re.compile(r"^```(console|toml|csv)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run(command: str, folder: str) -> str:
    """What a person sees of a command: stdout, then stderr."""
    here = Path(sys.executable).parent
    env = {**os.environ, "PATH": f"{here}:{os.environ['PATH']}", "DEAL_BY": "desk", "COLUMNS": "200"}
    for name in ("DEAL_LEDGER", "DEAL_KEY", "XDG_CONFIG_HOME"):
        env.pop(name, None)
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=env, capture_output=True, text=True, timeout=60)
    return "\n".join(text for text in (done.stdout.rstrip("\n"), done.stderr.rstrip("\n")) if text)


def shown(text: str) -> Iterator[tuple[str, str]]:
    """The commands of a block, each with the lines that follow it."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output.rstrip("\n")


def played(text: str) -> str:
    """A page with what its commands print now."""
    with TemporaryDirectory() as folder:

        def play(block: re.Match[str]) -> str:
            if block[1] != "console":
                first, _, rest = block[2].partition("\n")
                # A line of CSV cannot be a comment: the one that names the file is not of it.
                (Path(folder) / first.removeprefix("# ")).write_text(rest if block[1] == "csv" else block[2])
                return block[0]
            lines = []
            for command, _ in shown(block[2]):
                lines += [f"$ {command}", *filter(None, [run(command, folder)])]
            return "```console\n" + unstamped("\n".join(lines)) + "\n```"

        return BLOCK.sub(play, text)


def unstamped(text: str) -> str:
    """Recorded instants are of the day on which the example is run; so are roots, and keys and what they sign."""
    text = re.sub(r"recorded \d{4}-\d\d-\d\dT[\d:.]+Z", "recorded 2026-01-05T09:00:00.000000Z", text)
    text = re.sub(r"\+[0-9a-f]{8}\+[A-Za-z0-9+/]{43,44}=*", f"+{KEY_ID}+{PUBLIC}", text)
    text = re.sub(r"(— \S+) [A-Za-z0-9+/]{90,91}=*", rf"\1 {SIGNATURE}", text)
    # Not \b: a root may begin with a sign that is not of a word.
    return re.sub(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=(?!=)", ROOT, text)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_what_the_commands_print(page: str):
    text = (HOUSE / page).read_text()
    assert played(text) == text


@pytest.mark.parametrize("first", "+/aZ9")
def test_a_root_may_begin_with_any_sign_of_base64(first: str):
    assert unstamped(f"root {first}{ROOT[1:]}, which places: {first}{ROOT[1:]}") == f"root {ROOT}, which places: {ROOT}"


if __name__ == "__main__":
    for page in map(HOUSE.joinpath, PAGES):
        page.write_text(played(page.read_text()))
