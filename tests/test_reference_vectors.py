"""Published test vectors through both verifiers, the ledger's and check.py's; where they are from: tests/vectors."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from ledger import checkpoint, merkle
from ledger.errors import NotACheckpoint, NotAKey
from projections.check import ed25519, hashes, note
from tests.ledger.test_checkpoint import TEXT

VECTORS = Path(__file__).parent / "vectors"


def told(name: str) -> Any:
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


NOTES = told("notes.json")
PROOFS = told("merkle_proofs.json")
HASHES = [bytes.fromhex(text) for text in PROOFS["hashes"]]
SIGNATURES = [
    (number, comment, bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature), valid)
    for public, cases in told("ed25519.json")
    for number, comment, message, signature, valid in cases
]


def named(rows: list[Any]) -> Any:
    return pytest.mark.parametrize("row", rows, ids=[str(row[0]) for row in rows])


def accepted(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except (NotACheckpoint, NotAKey, ValueError):
        return False
    return True


# --- Ed25519 ----------------------------------------------------------------------------------------------


def test_all_of_the_vectors_are_here():
    assert (len(SIGNATURES), sum(valid for *_, valid in SIGNATURES)) == (151, 88)
    for kind in ("inclusion", "consistency"):
        assert (len(PROOFS[kind]), sum(row[-1] for row in PROOFS[kind])) == (98, 6)


@named(SIGNATURES)
def test_both_verifiers_take_signatures_as_wycheproof_says(row: Any):
    _, _, public, message, signature, valid = row
    assert ed25519.ed25519_verify(public, message, signature) == valid
    assert checkpoint.is_signed(public, message, signature) == valid


# --- trees ------------------------------------------------------------------------------------------------


@named(PROOFS["inclusion"])
@pytest.mark.parametrize("includes", [merkle.includes, hashes.includes], ids=["ledger", "check.py"])
def test_inclusion_is_proven_as_transparency_dev_says(row: Any, includes: Callable[..., bool]):
    _, index, size, root, leaf, path, right = row
    assert includes(HASHES[root], size, index, HASHES[leaf], [HASHES[at] for at in path]) == right


@named(PROOFS["consistency"])
@pytest.mark.parametrize("continues", [merkle.continues, hashes.continues], ids=["ledger", "check.py"])
def test_consistency_is_proven_as_transparency_dev_says(row: Any, continues: Callable[..., bool]):
    _, old, new, old_root, new_root, path, right = row
    assert continues(old, HASHES[old_root], new, HASHES[new_root], [HASHES[at] for at in path]) == right


# --- notes ------------------------------------------------------------------------------------------------


@named(NOTES["signed_texts"])
def test_signed_texts_are_right_and_no_letter_of_them_may_change(row: Any):
    _, text, key, line = row
    value = b64decode(line.split(" ")[2])
    for public in (checkpoint.verifier(key), note.public_key(key)):
        assert public.key_id == value[:4]
        assert public.accepts(text, value[4:])
        assert not public.accepts(text[:-2] + "\n", value[4:])


@named(NOTES["keys"])
def test_public_keys_are_taken_and_refused(row: Any):
    _, text, good = row
    for read in (checkpoint.verifier, checkpoint.witness, note.public_key, note.witness_key):
        assert accepted(read, text) == good, read


def test_no_part_and_no_neighbour_of_a_key_is_a_key():
    """As sumdb/note tries it: every part of the text, and every byte one higher."""
    _, key, _ = NOTES["keys"][0]
    spoilt = [key[:at] + chr(ord(key[at]) + 1) + key[at + 1 :] for at in range(len(key))]
    spoilt += [key[first:last] for first in range(len(key)) for last in range(first + 1, len(key) + 1)]
    spoilt.remove(key)
    assert [text for text in spoilt if accepted(note.public_key, text)] == []
    assert [text for text in spoilt if "+" in text and accepted(checkpoint.verifier, text)] == []


@named(NOTES["private_keys"])
def test_private_keys_have_their_public_ones(row: Any, tmp_path: Path):
    _, text, public = row
    path = tmp_path / "some.key"
    path.write_text(f"{text}\n")
    path.chmod(0o600)
    assert str(checkpoint.load_key(path).verifier) == public


@named(NOTES["frames"])
def test_notes_are_opened_and_refused(row: Any):
    """Of the text in the published note, the frame is tried: a checkpoint stands in its place."""
    _, frame, good = row
    for text, right in ((f"log\n3\n{NOTES['checkpoints'][0][1].splitlines()[2]}\n", good), (TEXT, False)):
        assert accepted(checkpoint.parse, text + frame) == right
        assert accepted(note.note_of, text + frame) == right


@named(NOTES["checkpoints"])
def test_checkpoints_are_read_and_refused(row: Any):
    _, text, good = row
    whole = f"{text}\n{NOTES['frames'][0][1].lstrip()}"
    for read in (checkpoint.parse, note.note_of):
        assert accepted(read, whole) == good
    if good:
        for parsed in (checkpoint.parse(whole), note.note_of(whole)):
            assert (parsed.text, [parsed.origin, str(parsed.size)]) == (text, text.splitlines()[:2])


def test_the_root_of_the_tree_of_sumdb_is_a_leafs_hash():
    root = b64decode(NOTES["checkpoints"][0][1].splitlines()[2])
    assert root == merkle.hash_leaf(b"hello world") == hashes.leaf(b"hello world")


# --- cosignatures -----------------------------------------------------------------------------------------


def test_a_published_checkpoint_is_cosigned_by_a_public_witness():
    """Six signatures of four kinds: those of the given keys are checked, and the others are no matter."""
    whole, log, witness = (NOTES["cosigned"][name] for name in ("note", "log", "witness"))
    keys = [checkpoint.verifier(log), checkpoint.witness(witness)]
    assert checkpoint.check(checkpoint.parse(whole), keys) == keys
    theirs = [note.public_key(log), note.witness_key(witness)]
    parsed = note.note_of(whole)
    found = [(key, s.value) for key in theirs for s in parsed.signatures if s[:2] == (key.name, key.key_id)]
    assert [key.accepts(parsed.text, value) for key, value in found] == [True, True]
    other = parsed.text.replace("1432088532", "42")
    assert [key.accepts(other, value) for key, value in found] == [False, False]
    [cosignature] = [s for s in checkpoint.parse(whole).signatures if s.name == "remora.n621.de"]
    assert not keys[1].accepts(other, cosignature.signature)


@named(NOTES["times"])
def test_a_cosignature_says_when(row: Any):
    _, text, time = row
    assert note.time_of(b64decode(text)[4:]) == time


def test_key_ids_are_those_of_the_specification():
    """SHA-256(name, line feed, kind, key), the first four bytes."""
    _, key, _ = NOTES["keys"][4]
    public = b64decode(key.split("+", 2)[2])
    assert sha256(b"remora.n621.de\n" + public).digest()[:4].hex() == key.split("+")[1]
