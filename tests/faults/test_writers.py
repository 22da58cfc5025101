"""Many at once: writers, readers, somebody who rebuilds the projection, and somebody who asks all the while."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Thread

from click.testing import CliRunner

from cli.main import main
from ledger.application import Ledger
from ledger.entry import Entry
from ledger.exchange import draft_line
from projections.point import Point
from projections.shares import Shares
from tests.soak.clients import CONFLICT, DAY, ended, log_of, prepared, saying, started
from tests.soak.places import Place
from tests.soak.writers import soak


def test_nothing_is_lost_doubled_reordered_or_half_seen(place: Place, tmp_path: Path):
    line = soak(place, tmp_path, writers=8, seconds=5, seed=1)
    assert line.tried > 8
    assert line.lost == 0


def test_who_asks_while_the_projection_is_rebuilt_is_answered(place: Place):
    """The tables that were live when the question came may be gone when it is put to them."""
    address = place.fresh()
    prepared(address, ["one", "two"])
    until = time.monotonic() + 2

    def rebuild() -> None:
        with Ledger(address) as own:
            while time.monotonic() < until:
                Shares(own.entries).rebuild()

    rebuilding = Thread(target=rebuild)
    rebuilding.start()
    with Ledger(address, "read") as ledger:
        shares, answers = Shares(ledger.entries), set()
        while time.monotonic() < until:
            answers.add(tuple(deal.deal for deal in shares.at(Point(DAY, None, 2))))
    rebuilding.join()
    assert answers == {("one", "two")}


def test_two_rebuilds_never_share_a_number(place: Place):
    """Somebody may still be filling a generation whose tables another one has dropped."""
    address = place.fresh()
    prepared(address, ["one"])
    with Ledger(address) as ledger:
        shares = Shares(ledger.entries)
        one, other = shares._begin(), shares._begin()
        shares._drop_others(one)
        assert shares._begin() > other
        assert shares._advance(other, 1) == 1  # whoever filled it ends, and disturbs nobody
        assert shares.rebuild() > other + 1


def test_many_rebuild_the_projection_at_once(place: Place, tmp_path: Path):
    address, codes = place.fresh(), tmp_path / "codes"
    prepared(address, ["one", "two"])
    until = time.monotonic() + 3

    def rebuild() -> None:
        while time.monotonic() < until:
            done = CliRunner().invoke(main, ["verify", "--rebuild", "--ledger", address])
            with codes.open("a") as noted:
                noted.write(f"{done.exit_code} {'' if done.exit_code == 0 else done.output}{done.exc_info}\n")

    rebuilding = [started(rebuild) for _ in range(6)]
    assert [ended(one) for one in rebuilding] == [0] * 6
    assert {code[:2] for code in codes.read_text().splitlines()} == {"0 "}, codes.read_text()


def test_a_file_that_many_record_at_once_is_recorded_once(place: Place, tmp_path: Path):
    """Who comes second hears of a conflict (exit code 5), repeats the command, and hears that it is there already."""
    address, file = place.fresh(), tmp_path / "deals.jsonl"
    prepared(address, ["one", "two"])
    drafts = [saying(("one", "two")[n % 2], f"key-{n}") for n in range(40)]
    file.write_bytes(b"\n".join(draft_line(Entry(d.deal, 0, d.event, d.key)) for d in drafts))  # type: ignore[arg-type]

    def record_until_done(codes: Path) -> None:
        while True:
            done = CliRunner().invoke(main, ["record", str(file), "--ledger", address])
            with codes.open("a") as noted:
                noted.write(f"{done.exit_code}\n")
            if done.exit_code != CONFLICT:
                return

    noted = [tmp_path / f"codes-{n}" for n in range(6)]
    processes = [started(lambda codes=codes: record_until_done(codes)) for codes in noted]
    assert [ended(process) for process in processes] == [0] * 6
    assert [codes.read_text().split()[-1] for codes in noted] == ["0"] * 6
    assert {code for codes in noted for code in codes.read_text().split()} <= {"0", "5"}
    assert [entry.key for entry in log_of(address)[2:]] == [f"key-{n}" for n in range(40)]
