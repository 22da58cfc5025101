"""A key signs one log: no head that is not consistent with what it signed before, whatever became of the ledger."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
from pathlib import Path

import pytest

from ledger import checkpoint, signing
from ledger.application import Ledger
from ledger.checkpoint import Key
from ledger.errors import KeyExists, NotWhatWasSigned, SignedNotKept, SignedNotReadable
from ledger.form import draft_of
from projections.proof import make
from tests.books import FORMS, NOW, books
from tests.projections.test_attacks import LOWER, attack, forgotten, recomputed

LAST = len(FORMS)
NAME = "example.com/deals"


@pytest.fixture
def key(tmp_path: Path) -> Key:
    """A key as it is kept, in a folder of its own."""
    path = tmp_path / "keys" / "desk.key"
    checkpoint.save_key(Key(NAME, bytes(range(32))), path)
    return checkpoint.load_key(path)


def signed(path: Path, key: Key, size: int | None = None, origin: str | None = None) -> checkpoint.Checkpoint:
    with Ledger(str(path), "write", clock=lambda: NOW) as ledger:
        return make(ledger, ledger.entries.head() if size is None else size, key, origin)


def affirmed(path: Path, statement: str) -> None:
    with Ledger(str(path), "write", clock=lambda: NOW) as ledger:
        ledger.record([draft_of({**FORMS[8], "statement": statement, "key": statement})], by="desk")


def refused(path: Path, key: Key, why: str, of: int = LAST) -> None:
    with pytest.raises(NotWhatWasSigned) as refusal:
        signed(path, key)
    assert str(refusal.value) == (
        f"The key of {NAME} signed #{of} of the log '{NAME}', and this log does not continue it: {why}. Nothing was "
        "signed. Bring back what is missing with deal import, or see what differs with deal verify; a log that begins "
        "anew is signed with a new key."
    )


ANOTHER = "up to there it has another root"


def test_a_log_that_goes_on_is_signed_again_and_again(key: Key, tmp_path: Path):
    path = books(tmp_path / "deals.db")
    signed(path, key)
    affirmed(path, "It stands.")
    assert signed(path, key).size == LAST + 1
    assert signed(path, key, 4).size == 4  # an earlier head of the same log
    assert signed(path, key).size == LAST + 1


def test_what_was_signed_last_is_kept_beside_the_key(key: Key, tmp_path: Path):
    path = books(tmp_path / "deals.db")
    made = signed(path, key)
    signed(path, key, 4)
    kept = tmp_path / "keys" / "desk.key.signed"
    assert json.loads(kept.read_text()) == {"schema": "deal.signed/1", "signed": {NAME: made.note}}
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_history_that_was_rewritten_with_everything_in_the_ledger_is_not_signed(key: Key, tmp_path: Path):
    path = books(tmp_path / "deals.db")
    signed(path, key)
    attack(path, LOWER, recomputed, forgotten)
    refused(path, key, ANOTHER)
    affirmed(path, "It stands.")
    refused(path, key, ANOTHER)


def test_an_older_copy_is_not_signed_and_neither_is_what_was_added_to_it(key: Key, tmp_path: Path):
    """As after a restore from a backup: what the lost entries were is not known any more."""
    path, older = books(tmp_path / "deals.db"), tmp_path / "older.db"
    shutil.copy(path, older)
    affirmed(path, "It stands.")
    signed(path, key)
    refused(older, key, f"it ends at #{LAST}", LAST + 1)
    affirmed(older, "It stands no more.")
    refused(older, key, ANOTHER, LAST + 1)


def test_a_copy_of_the_key_finds_what_the_ledger_keeps(key: Key, tmp_path: Path):
    path = books(tmp_path / "deals.db")
    signed(path, key)
    (tmp_path / "keys" / "desk.key.signed").unlink()
    attack(path, LOWER, recomputed)
    refused(path, key, ANOTHER)


def test_a_checkpoint_in_the_ledger_that_only_bears_the_name_is_no_hindrance(key: Key, tmp_path: Path):
    path = books(tmp_path / "deals.db")
    forged = checkpoint.checkpoint(NAME, 99, b"\7" * 32, Key(NAME, b"\1" * 32))
    with Ledger(str(path), "write", clock=lambda: NOW) as ledger:
        checkpoint.keep(ledger.database, forged)
        note = forged.note.replace("\n99\n", "\n98\n")
        checkpoint.keep(ledger.database, checkpoint.parse(note))
    assert signed(path, key).size == LAST


def test_keys_in_one_folder_do_not_share_what_they_signed(tmp_path: Path):
    """Whatever their files are called: the private key is never written over."""
    path = books(tmp_path / "deals.db")
    names = ("desk.key", "other", "third.signed", "fourth.pub", "desk.key.signed.key")
    for name in names:
        checkpoint.save_key(Key(NAME, name.encode().ljust(32)), tmp_path / "keys" / name)
    with pytest.raises(KeyExists):
        checkpoint.save_key(Key(NAME, bytes(32)), tmp_path / "keys" / "desk.new")  # its public one would be desk.pub
    keys = [checkpoint.load_key(tmp_path / "keys" / name) for name in names]
    for key in keys:
        signed(path, key)
    assert [checkpoint.load_key(key.path) for key in keys if key.path] == keys
    with Ledger(str(path), "read") as ledger:
        ours = [signing.signed_before(ledger.database, key, NAME)[0].signatures[0].key_id for key in keys]
    assert ours == [key.verifier.key_id for key in keys]


def test_another_ledger_is_signed_under_another_name_only(key: Key, tmp_path: Path):
    path, other = books(tmp_path / "deals.db"), books(tmp_path / "other.db", count=5)
    affirmed(other, "It stands.")
    signed(path, key)
    refused(other, key, "it ends at #6")
    assert signed(other, key, origin="example.com/other").origin == "example.com/other"
    assert set(json.loads((tmp_path / "keys" / "desk.key.signed").read_text())["signed"]) == {NAME, "example.com/other"}


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"signed": {"a": 1}}', '{"signed": {"a": "b"}}', "changed"])
def test_what_is_kept_beside_the_key_and_cannot_be_read_is_said(key: Key, tmp_path: Path, text: str):
    path, kept = books(tmp_path / "deals.db"), tmp_path / "keys" / "desk.key.signed"
    signed(path, key)
    kept.write_text(kept.read_text().replace("\\n9\\n", "\\n8\\n") if text == "changed" else text)
    with pytest.raises(SignedNotReadable) as refusal:
        signed(path, key)
    assert str(refusal.value) == (
        f"What the key signed last cannot be read at {kept}: it was changed, and a log that is not the one that was "
        "signed would not be noticed. Nothing was signed. Bring the file back from a backup; or, if you know that the "
        "ledger is the one that was signed, move the file away."
    )


def test_what_cannot_be_kept_anywhere_is_not_signed(key: Key, tmp_path: Path):
    """A folder stands where the file would be: that stops root as well."""
    path = books(tmp_path / "deals.db")
    (tmp_path / "keys" / ".desk.key.signed.part").mkdir()
    assert signed(path, key).size == LAST  # it is kept in the ledger
    with Ledger(str(path), "read") as ledger:
        ledger.database.keeps_checkpoints = False  # as for a role that may only read
        with pytest.raises(SignedNotKept) as refusal:
            make(ledger, LAST, key)
    assert str(refusal.value) == (
        f"What the key signs cannot be kept at {tmp_path / 'keys' / 'desk.key.signed'} ({os.strerror(errno.EISDIR)}), "
        "nor in the ledger, so that it could sign two logs under one name. Nothing was signed. Make the folder of "
        "the key writable."
    )
