"""More than one server: a primary and a standby that follows it, real ones; one of them is killed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from click.testing import Result

from ledger.application import Ledger
from ledger.errors import Refusal
from projections.verification import Verification
from tests.cli.test_servers import deal, watching
from tests.ledger.test_store import amended, opened, refusal
from tests.postgres import Server, missing


@pytest.fixture
def pair(postgres: Server) -> Iterator[tuple[Server, Server]]:
    """A primary that waits for its standby at every commit."""
    primary = Server().make().start()
    standby = primary.standby(synchronous=True)
    with Ledger(primary.url(), "create") as ledger:
        ledger.record([opened(), amended("a"), amended("b")], "")
    standby.wait("SELECT 1 FROM deal_ledger.entries WHERE position = 3")
    yield primary, standby
    for server in (primary, standby):
        server.throw_away()


def both(primary: Server, standby: Server, **more: str) -> str:
    """The address of both, the standby first."""
    query = "".join(f"&{name}={value}" for name, value in more.items())
    hosts, ports = f"{standby.folder},{primary.folder}", f"{standby.port},{primary.port}"
    return f"postgresql://postgres@/postgres?host={hosts}&port={ports}{query}"


def asked(ledger: str, *words: str) -> Result:
    done = deal(*words, ledger=ledger)
    assert done.exit_code == 0, done.stderr
    return done


def test_a_standby_answers_the_same_and_says_how_far_it_is(pair: tuple[Server, Server]) -> None:
    primary, standby = pair
    for words in (("show", "acme-bolt", "--json"), ("deals", "--json"), ("log", "--json")):
        there, here = asked(standby.url(), *words), asked(primary.url(), *words)
        assert there.stdout == here.stdout
        assert "Read from a standby, which is at #3; how far the others are: deal servers\n" in there.stderr
        assert "standby" not in here.stderr
    asked(standby.url(), "verify")
    asked(standby.url(), "replay")


def test_a_standby_records_nothing_and_says_who_does(pair: tuple[Server, Server]) -> None:
    primary, standby = pair
    amend = ("amend", "acme-bolt", "--dated", "2025-01-01", "--right", "Acme as x: more")
    done = deal(*amend, ledger=standby.url())
    assert done.exit_code == 1
    assert (
        f"The server of {standby.url()} is a standby or read-only: it can be asked, and records nothing. Name the "
        "primary, or all servers: postgresql://one,two/deals"
    ) in done.stderr
    # Named together, writing goes to the primary whatever is said of reading.
    for wanted in ("any", "prefer-standby", "standby"):
        address = both(primary, standby, target_session_attrs=wanted)
        asked(address, *amend[:-1], f"Acme as {wanted}: more")
        assert "Read from a standby" in asked(address, "deals").stderr
    assert "Read from a standby" not in asked(both(primary, standby, target_session_attrs="primary"), "deals").stderr


def test_a_commit_that_did_not_wait_for_its_standby_is_said(pair: tuple[Server, Server]) -> None:
    primary, standby = pair
    standby.stop()
    with Ledger(primary.url()) as ledger, ThreadPoolExecutor() as others:
        recorded = others.submit(lambda: refusal(lambda: ledger.record([amended("c")], "")))
        primary.wait("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        primary.sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        assert recorded.result() == (
            f"This was recorded on the primary of {primary.url()}, and the wait for its standby was cancelled: if the "
            "primary were lost now, it would be lost as well. Do not repeat the command; see with deal servers that "
            "the standby catches up."
        )
        assert ledger.entries.head() == 4


def test_how_far_each_server_is(pair: tuple[Server, Server]) -> None:
    primary, standby = pair
    standby.sql("SELECT pg_wal_replay_pause()")
    with Ledger(primary.url()) as ledger:
        ledger.record([amended("c"), amended("d")], "")
    rows = json.loads(asked(both(primary, standby), "servers", "--json").stdout)["servers"]
    assert [(row["role"], row["position"], row["behind"], row["same_history"]) for row in rows] == [
        ("standby", 3, 2, True), ("primary", 5, 0, True),
    ]  # fmt: skip
    standby.sql("SELECT pg_wal_replay_resume()")
    standby.stop()
    done = asked(both(primary, standby), "servers")
    assert f"{standby.folder}:{standby.port}  unreachable  -           -       -" in done.stdout
    assert "cannot be reached: nothing listens on that socket" in done.stderr
    assert "#5" in done.stdout
    primary.stop()
    assert deal("servers", ledger=both(primary, standby)).exit_code == 1


def test_servers_with_different_histories_are_found() -> None:
    if missing():
        pytest.skip("PostgreSQL is not tested")
    one, two = Server().make().start(), Server().make().start()
    for server, text in ((one, "theirs"), (two, "ours")):
        with Ledger(server.url(), "create") as ledger:
            ledger.record([opened(), amended(text)], "")
    done = deal("servers", ledger=both(one, two))
    assert done.exit_code == 3
    assert "has another history up to #2: it lost or changed something." in done.stderr
    for server in (one, two):
        server.throw_away()


def test_a_file_is_no_server() -> None:
    done = deal("servers", ledger="deals.db")
    assert (done.exit_code, done.stderr) == (
        2,
        "deal: deals.db is a file, and no server. Name one or several with --ledger postgresql://one,two/deals\n",
    )


def test_the_primary_is_killed_and_the_standby_goes_on_with_all_that_was_acknowledged(
    pair: tuple[Server, Server],
) -> None:
    """With one address and one open ledger; whoever watches is told every entry once."""
    primary, standby = pair
    watch = watching(both(primary, standby), "--json", "--from", "start", "--through", "#12")
    acknowledged = []
    with Ledger(both(primary, standby)) as ledger:
        for number in range(12):
            if number == 5:
                primary.kill()
                standby.promote()
            end = time.monotonic() + 30
            while True:
                try:
                    told = ledger.record([amended(f"n{number}", key=f"k{number}")], "")
                    acknowledged.append((told[0].entry.position, f"k{number}"))
                    break
                except Refusal:
                    assert time.monotonic() < end
                    time.sleep(0.1)
        assert [(row[0], row[7]) for row in ledger.entries.all_rows(3)] == acknowledged
        assert not list(Verification(ledger).differences())
    lines, _ = watch.communicate(timeout=30)
    assert [json.loads(line)["position"] for line in lines.splitlines()] == list(range(1, 13))
