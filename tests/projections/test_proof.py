"""Proofs on this log: what they stand on, and what is refused."""

from __future__ import annotations

import sqlite3
from base64 import b64decode
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ledger import checkpoint, merkle
from ledger.application import Ledger
from ledger.errors import NotInCheckpoint, NotTheBeginning, TreeDamaged
from ledger.form import draft_of
from projections.point import Point
from projections.proof import holds, latest, make, proof, same_log
from projections.shares import Shares
from projections.verification import Verification
from tests.books import FORMS, NOW, books
from tests.projections.test_attacks import attack

LAST = len(FORMS)


@pytest.fixture
def ledger(tmp_path: Path):
    with Ledger(str(books(tmp_path / "deals.db")), "write", clock=lambda: NOW) as opened:
        yield opened


def test_every_entry_is_proven_on_every_checkpoint_since_every_other(ledger: Ledger):
    heads = [make(ledger, size, None) for size in range(1, LAST + 1)]
    for head in heads:
        for position in range(1, head.size + 1):
            for since in heads[: head.size]:
                assert holds(proof(ledger, position, head, since)) == []


def test_a_proof_does_not_hold_of_another_line(ledger: Ledger):
    told = proof(ledger, 3, make(ledger, LAST, None), make(ledger, 4, None))
    told["entry"] = told["entry"].replace("17.5", "11.5")
    told["since"]["path"] = told["since"]["path"][:-1]
    assert holds(told) == [
        "The entry is not in the log of #9: its line or the path was changed.",
        "The log of #4 is not the beginning of the log of #9.",
    ]


def test_stands_on_the_latest_checkpoint_that_covers_the_entry(ledger: Ledger):
    kept = latest(ledger, 9)
    assert kept
    assert (kept.size, kept.signers) == (9, "nobody")
    assert latest(ledger, 10) is None


def test_a_checkpoint_on_file_that_cannot_be_handed_out_is_passed_over(ledger: Ledger):
    """As version 0.2.0 kept it, with a name that no note may have: verify reads it, and no proof stands on it."""
    kept = latest(ledger, 9)
    assert kept
    checkpoint.keep(ledger.database, replace(kept, text=kept.text.replace("books", "old\tbooks")))
    assert latest(ledger, 9) == kept
    assert list(Verification(ledger).differences()) == []


def test_an_entry_after_the_checkpoint_is_refused(ledger: Ledger):
    with pytest.raises(NotInCheckpoint) as refused:
        proof(ledger, 6, make(ledger, 5, None), None)
    assert str(refused.value) == ("#6 is not in the checkpoint, which ends at #5. Make one with: deal checkpoint")


def test_a_checkpoint_of_another_log_is_refused(ledger: Ledger):
    with pytest.raises(NotTheBeginning) as refused:
        same_log(ledger, checkpoint.checkpoint("other", 5, merkle.EMPTY, None))
    assert str(refused.value) == (
        "The log of #5 in the earlier checkpoint is not the beginning of this one of #9: history was rewritten, or the "
        "two are of different logs. Compare with: deal checkpoint --verify FILE"
    )


def test_no_proof_is_given_of_an_entry_that_was_changed(ledger: Ledger, tmp_path: Path):
    head = make(ledger, LAST, None)
    attack(tmp_path / "deals.db", "UPDATE entries SET data = replace(data, '17.5', '11.5') WHERE position = 3")
    with pytest.raises(TreeDamaged) as refused:
        proof(ledger, 3, head, None)
    assert str(refused.value) == (
        "The tree of the log cannot be read at #3: the entry is missing, or its hashes are not whole. Somebody changed "
        "the ledger's file. See what is wrong with: deal verify"
    )


def test_an_append_to_a_damaged_tree_is_refused(tmp_path: Path):
    path = books(tmp_path / "deals.db", count=7)
    attack(path, "DELETE FROM entries WHERE position = 4")
    draft = draft_of({**FORMS[8], "deal": "nur"})
    with Ledger(str(path), "write", clock=lambda: NOW) as ledger, pytest.raises(TreeDamaged):
        ledger.record([draft], by="desk")


def test_whoever_writes_meanwhile_raises_no_alarm(ledger: Ledger):
    """A check looks at one state of everything, as it was when it began."""
    check = Verification(ledger)
    found = check.differences()
    ledger.record([draft_of({**FORMS[8], "key": "more"})], by="desk")
    make(ledger, LAST + 1, None)
    list(Shares(ledger.entries).at(Point(NOW.date(), None, LAST + 1)))
    assert list(found) == []


def test_the_root_of_a_copy_of_the_file_is_the_same(ledger: Ledger, tmp_path: Path):
    told = proof(ledger, 1, make(ledger, LAST, None), None)
    with closing(sqlite3.connect(tmp_path / "deals.db")) as connection:
        leaves = [leaf for (leaf,) in connection.execute("SELECT leaf FROM entries ORDER BY position")]
    tip = merkle.Tip()
    for leaf in leaves:
        tip.add(leaf)
    assert b64decode(told["checkpoint"].splitlines()[2]) == tip.root
