"""Checkpoints and keys: Go's own vector, round trips, every byte of a note changed, keys only for their owner."""

from __future__ import annotations

import stat
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from ledger import checkpoint
from ledger.checkpoint import Key
from ledger.errors import KeyExists, KeyOpenToOthers, NotACheckpoint, NotAKey, NotAKeyName, NotALogName, SignatureWrong

# golang.org/x/mod/sumdb/note, its documentation's example.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETERS_KEY = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNED = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="

ROOT = sha256(b"").digest()


@pytest.fixture
def key() -> Key:
    return Key.new("example.com/deals")


def test_signs_as_go_does(tmp_path: Path):
    path = tmp_path / "peter.key"
    path.write_text(PETERS_KEY + "\n")
    path.chmod(0o600)
    key = checkpoint.load_key(path)
    signature = key.sign(TEXT)
    assert str(key.verifier) == PETER
    assert b64encode(signature.key_id + signature.signature).decode() == SIGNED
    assert checkpoint.verifier(PETER).accepts(TEXT, signature.signature)


def test_a_checkpoint_is_the_three_lines_that_others_read(key: Key):
    made = checkpoint.checkpoint("example.com/deals", 12, ROOT, key)
    head, _, signature = made.note.rpartition("\n\n")
    assert head == f"example.com/deals\n12\n{b64encode(ROOT).decode()}"
    assert signature.startswith("— example.com/deals ")
    assert signature.endswith("\n")
    assert checkpoint.parse(made.note) == made
    assert checkpoint.check(made, [key.verifier]) == [key.verifier]
    assert checkpoint.check(made, [Key.new("other").verifier]) == []


def test_an_unsigned_checkpoint_says_so():
    made = checkpoint.checkpoint("deals", 12, ROOT, None)
    assert made.note.splitlines()[3] == "unsigned: whoever has this file may have written it"
    assert checkpoint.parse(made.note) == made
    assert made.signers == "nobody"


def test_a_signature_cannot_be_taken_away_or_a_letter_changed(key: Key):
    note = checkpoint.checkpoint("deals", 12, ROOT, key).note
    with pytest.raises(NotACheckpoint):
        checkpoint.parse(note.rpartition("— ")[0])
    for at in range(len(note)):
        spoilt = note[:at] + chr(ord(note[at]) ^ 1) + note[at + 1 :]
        try:
            assert checkpoint.check(checkpoint.parse(spoilt), [key.verifier]) == []
        except (NotACheckpoint, SignatureWrong):
            continue


def test_a_name_that_version_0_2_0_kept_on_file_is_still_read():
    note = f"old\tbooks\n12\n{b64encode(ROOT).decode()}\nunsigned: whoever has this file may have written it\n\n"
    assert checkpoint.parse(note, on_file=True).origin == "old\tbooks"
    with pytest.raises(NotACheckpoint):
        checkpoint.parse(note)


@pytest.mark.parametrize("origin", ["", "log\n99\nAAAA", "log\x1b[2J", "log\u202e"])
def test_the_name_of_a_log_is_one_line_that_can_be_printed(key: Key, origin: str):
    """Or the key would sign another text than the one that is meant."""
    with pytest.raises(NotALogName) as refused:
        checkpoint.checkpoint(origin, 12, ROOT, key)
    assert str(refused.value) == (
        f"{origin!r} cannot name a log: it is a line of its own in a checkpoint, of printable characters. Give another "
        "name with --origin, for example example.com/deals"
    )


def test_what_is_no_checkpoint_is_refused():
    with pytest.raises(NotACheckpoint) as refused:
        checkpoint.parse("origin\n012\nAAAA\n\n", "kept.txt")
    assert str(refused.value) == (
        "kept.txt is not a checkpoint: that is a note of three lines (origin, size, root in base64), an empty line "
        "and at least one signature. Make one with: deal checkpoint > FILE"
    )


def test_a_wrong_signature_is_named(key: Key):
    made = checkpoint.checkpoint("deals", 12, ROOT, key)
    with pytest.raises(SignatureWrong) as refused:
        checkpoint.check(checkpoint.parse(made.note.replace("\n12\n", "\n13\n")), [key.verifier])
    assert str(refused.value) == (
        "The signature of example.com/deals is not of this checkpoint: its text was changed after it was signed, or "
        "somebody else signed it in that name. Do not rely on it; ask for the checkpoint again."
    )


def test_a_key_is_for_its_owner_only(key: Key, tmp_path: Path):
    path = tmp_path / "keys" / "desk.key"
    public = checkpoint.save_key(key, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert checkpoint.load_key(path) == key
    assert checkpoint.verifier(str(public)) == key.verifier
    with pytest.raises(KeyExists) as refused:
        checkpoint.save_key(key, path)
    assert str(refused.value) == (
        f"There is a key at {path} already, and it stays as it is. Give the new one another name."
    )
    path.chmod(0o640)
    with pytest.raises(KeyOpenToOthers) as refused:
        checkpoint.load_key(path)
    assert str(refused.value) == (
        f"The key at {path} can be read by others than its owner, so that its signatures prove little. "
        f"Close it with: chmod 600 {path}"
    )


def test_what_is_no_key_is_refused():
    with pytest.raises(NotAKeyName) as refused:
        Key.new("the desk")
    assert str(refused.value) == (
        "'the desk' cannot name a key. Use a name without spaces and '+', for example example.com/deals"
    )
    with pytest.raises(NotAKey) as wrong:
        checkpoint.verifier("desk+00000000+AAAA")
    assert str(wrong.value) == (
        "The key of desk cannot be read: it is not whole, or not an Ed25519 key as deal key new writes it. Give the "
        "text or the file that deal key new printed."
    )
