"""Copies of a log: the same root, the rest of it, or where the two part; and entries for other systems."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from ledger import checkpoint, tree
from ledger.application import Ledger
from ledger.cloudevents import cloud_events
from ledger.entry import leaf, line
from ledger.errors import CheckpointDiffers, LineNotAnEntry, LinesPart, NothingInFile, PositionSkipped
from ledger.importing import take, take_lines
from projections.bundle import write
from projections.proof import latest
from projections.verification import Verification
from tests.books import FORMS, books

LAST = len(FORMS)


@pytest.fixture
def lines(tmp_path: Path) -> list[bytes]:
    with Ledger(str(books(tmp_path / "deals.db")), "read") as ledger:
        return [line(row) for row in ledger.entries.all_rows()]


@pytest.fixture
def copy(tmp_path: Path):
    with Ledger(str(tmp_path / "copy.db"), "create") as ledger:
        yield ledger


def file(lines: list[bytes]) -> io.BytesIO:
    return io.BytesIO(b"".join(text + b"\n" for text in lines))


def test_an_empty_ledger_takes_all_and_has_the_same_root(lines, copy: Ledger, tmp_path: Path):
    taken = take_lines(copy.database, file(lines))
    assert (taken.already, taken.added) == (0, LAST)
    with Ledger(str(tmp_path / "deals.db"), "read") as original:
        root = tree.root(original.database, LAST)
    assert taken.root == tree.root(copy.database, LAST) == root
    assert [line(row) for row in copy.entries.all_rows()] == lines


@pytest.mark.parametrize("there", range(LAST + 1))
def test_a_prefix_takes_the_rest(lines, copy: Ledger, there: int):
    if there:
        take_lines(copy.database, file(lines[:there]))
    taken = take_lines(copy.database, file(lines))
    assert (taken.already, taken.added) == (there, LAST - there)
    assert [line(row) for row in copy.entries.all_rows()] == lines


def test_a_ledger_that_says_something_else_refuses_and_says_where_they_part(lines, copy: Ledger):
    other = lines[2].replace(b'"desk"', b'"somebody"')
    take_lines(copy.database, file([*lines[:2], other]))
    with pytest.raises(LinesPart) as refused:
        take_lines(copy.database, file(lines))
    assert str(refused.value) == (
        "The two logs part at #3: here it is Amended of acme-bolt, recorded at 2026-01-05T09:00:00.000002Z by "
        "somebody; in the file it is Amended of acme-bolt, recorded at 2026-01-05T09:00:00.000002Z by desk. Nothing "
        "was imported. Import into a new ledger to look at both."
    )
    assert copy.entries.head() == 3


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda told: told[3:], "The file has #4 where #1 should be: it is a part of a log. Nothing was imported. "
         "Import a whole export, or a bundle of all deals."),
        (lambda told: [told[0], told[2]], "The file has #3 where #2 should be: it is a part of a log. Nothing was "
         "imported. Import a whole export, or a bundle of all deals."),
    ],
)  # fmt: skip
def test_a_part_of_a_log_is_refused(lines, copy: Ledger, spoil, sentence: str):
    with pytest.raises(PositionSkipped) as refused:
        take_lines(copy.database, file(spoil(lines)))
    assert str(refused.value) == sentence
    assert copy.entries.head() == 0


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda text: text[:-1], "Line 2 is not an entry of a ledger: Input data was truncated"),
        (lambda text: text.replace(b',"key"', b', "key"'),
         "Line 2 is not an entry of a ledger: it is not written as the "
         "ledger writes lines"),
        (lambda text: text.replace(b'"DealOpened"', b'"Opened"'), "Line 2 is not an entry of a ledger: "),
        (lambda text: text.replace(b'"version":1', b'"version":2'), "#2 is not an entry of a ledger: it is entry 2 of "
         "nur, out of turn"),
        (lambda text: text.replace(b'"2026-', b'"2025-'), "#2 is not an entry of a ledger: it was recorded at "
         "2025-01-05T09:00:00.000001Z, not after the one before it"),
    ],
)  # fmt: skip
def test_what_is_no_entry_is_refused_and_nothing_is_kept(lines, copy: Ledger, spoil, why: str):
    with pytest.raises(LineNotAnEntry) as refused:
        take_lines(copy.database, file([lines[0], spoil(lines[1]), *lines[2:]]))
    assert str(refused.value).startswith(why)
    assert str(refused.value).endswith(
        ". Nothing was imported. Import what deal export or deal bundle wrote; enter instruments with deal record."
    )
    assert copy.entries.head() == 0


def test_an_empty_file_is_refused(copy: Ledger):
    with pytest.raises(NothingInFile):
        take_lines(copy.database, file([]))


def test_a_bundle_brings_its_files_along(copy: Ledger, tmp_path: Path):
    with Ledger(str(books(tmp_path / "deals.db")), "read") as ledger:
        head = latest(ledger)
        assert head
        write(ledger, head, tmp_path / "audit.zip")
    assert take(copy.database, tmp_path / "audit.zip").added == LAST
    assert [difference.says for difference in Verification(copy).differences()] == []


def test_a_bundle_whose_entries_were_changed_is_refused(lines, copy: Ledger):
    told = checkpoint.checkpoint("books", LAST, b"\0" * 32, None)
    with pytest.raises(CheckpointDiffers) as refused:
        take_lines(copy.database, file(lines), told)
    assert str(refused.value) == (
        "The bundle's checkpoint is of #9, and its 9 entries have another root: one of them was changed or left out. "
        "Nothing was imported. Ask for the bundle again; one of a single deal cannot be imported."
    )
    assert copy.entries.head() == 0


def test_cloud_events_have_what_the_specification_asks_for(lines, tmp_path: Path):
    with Ledger(str(tmp_path / "deals.db"), "read") as ledger:
        rows = list(ledger.entries.all_rows())
    told = [json.loads(text) for text in cloud_events(rows, leaf(rows[0]))]
    assert [event["id"] for event in told] == [str(n) for n in range(1, LAST + 1)]
    assert {event["source"] for event in told} == {f"urn:deal-ledger:{leaf(rows[0]).hex()}"}
    assert {name for event in told for name in event} == {
        "specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dealversion", "recordedby",
        "leafhash", "entrykey", "data",
    }  # fmt: skip
    assert told[2]["type"] == "deal-ledger.Amended.v2"
    assert told[2]["data"] == json.loads(lines[2])["data"]
