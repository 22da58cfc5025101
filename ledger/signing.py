"""What a key signed last, kept beside it: a key signs no two logs under one name.

A log must not sign a checkpoint that is not consistent with one that it signed before (C2SP tlog-checkpoint), or it
could show everybody a log of their own. What was signed last is kept beside the private key, in `KEY.signed`: an older
copy of the ledger, or a history that was re-written with everything in it, does not take it along. The checkpoints on
file in the ledger that are signed by the key count as well: a key that was copied to another machine finds those.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger import checkpoint
from ledger.checkpoint import Checkpoint, Key
from ledger.database import Database
from ledger.errors import NotACheckpoint, SignatureWrong, SignedNotKept, SignedNotReadable
from ledger.files import text_of

SCHEMA = "deal.signed/1"


@contextmanager
def in_turn(key: Key) -> Iterator[None]:
    """One after another: nobody signs with the key between what is looked up and what is kept."""
    if key.path is None or os.name != "posix":
        yield
        return
    import fcntl

    with key.path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def signed_before(database: Database, key: Key, origin: str) -> list[Checkpoint]:
    """The largest checkpoints that the key signed of a log, beside it and in the ledger.

    Raises SignedNotReadable where what is kept beside the key was changed.
    """
    found = []
    kept = [note for _, note in checkpoint.kept(database)]
    for notes in (_kept_beside(key).values(), kept):
        signed = [told for told in map(_parsed, notes) if told and told.origin == origin and _is_of(key, told)]
        found += sorted(signed, key=lambda told: told.size)[-1:]
    return found


def keep(key: Key, made: Checkpoint, elsewhere: bool) -> None:
    """Keeps a checkpoint as the last that the key signed of its log, before anybody sees it.

    Raises SignedNotKept where it cannot be written, and is not kept `elsewhere` either.
    """
    path = _path_of(key)
    if path is None:
        return
    notes = _kept_beside(key)
    before = _parsed(notes.get(made.origin, ""))
    if before and before.size > made.size and _is_of(key, before):
        return
    text = json.dumps({"schema": SCHEMA, "signed": {**notes, made.origin: made.note}}, ensure_ascii=False, indent=2)
    draft = path.with_name(f".{path.name}.part")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        if not elsewhere:
            raise SignedNotKept(str(path), error.strerror or str(error)) from None


def _path_of(key: Key) -> Path | None:
    return key.path.with_name(f"{key.path.name}.signed") if key.path else None


def _kept_beside(key: Key) -> dict[str, str]:
    """The notes beside the key, by the name of the log."""
    path = _path_of(key)
    if path is None or not path.exists():
        return {}
    try:
        told = json.loads(text_of(path))
        notes: dict[str, str] = told["signed"]
        for note in notes.values():
            checkpoint.check(checkpoint.parse(note), [key.verifier])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, NotACheckpoint, SignatureWrong):
        raise SignedNotReadable(str(path)) from None
    return notes


def _parsed(note: str) -> Checkpoint | None:
    try:
        return checkpoint.parse(note)
    except NotACheckpoint:
        return None


def _is_of(key: Key, told: Checkpoint) -> bool:
    """Whether the key did sign it: whoever can write the ledger can write a name into it."""
    try:
        return key.verifier in checkpoint.check(told, [key.verifier])
    except SignatureWrong:
        return False
