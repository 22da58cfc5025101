"""The page about servers is run, on a server of its own, where `deals` is a new database.

`python -m tests.test_servers_page` writes what the commands print now into the page.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.postgres import BIN, Server
from tests.test_readme import BLOCK, run, shown, unstamped

PAGE = Path(__file__).parent.parent / "docs" / "servers.md"


def played(text: str, server: Server) -> str:
    """The page with what its commands print now."""
    server.sql("CREATE DATABASE deals")
    here = {
        "PGHOST": str(server.folder), "PGPORT": str(server.port), "PGUSER": "postgres",
        "PATH": f"{BIN}:{os.environ['PATH']}",
    }  # fmt: skip
    before = dict(os.environ)
    os.environ.update(here)
    try:
        with TemporaryDirectory() as folder:
            exported = ""

            def play(block: re.Match[str]) -> str:
                nonlocal exported
                lines = []
                for command, _ in shown(block[2]):
                    lines += [f"$ {command}", *filter(None, [run(f"{exported}{command}", folder)])]
                    if command.startswith("export "):  # holds for the rest of the page
                        exported = command.partition(";")[0] + "; "
                return "```console\n" + unstamped("\n".join(lines)) + "\n```"

            # Columns are as wide as the name of the folder is long.
            told = re.sub(r"^SERVER +ROLE", "SERVER          ROLE", BLOCK.sub(play, text), flags=re.MULTILINE)
            return told.replace(f"{server.folder}:{server.port}", "localhost:5432")
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture
def own(postgres: Server) -> Server:
    """With nobody else's roles."""
    return Server().make().start()


def test_the_page_shows_what_the_commands_print(own: Server) -> None:
    text = PAGE.read_text(encoding="utf-8")
    found = played(text, own)
    own.throw_away()
    assert found == text


if __name__ == "__main__":
    PAGE.write_text(played(PAGE.read_text(encoding="utf-8"), Server().make().start()), encoding="utf-8")
