"""Checkpoints of this log, and proofs that stand on one: that an entry is in it, that a kept one is its beginning."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ledger import checkpoint, merkle, signing, tree
from ledger.application import Ledger
from ledger.checkpoint import Checkpoint, Key, Verifier
from ledger.entry import Row, leaf, line
from ledger.errors import NotACheckpoint, NotInCheckpoint, NotTheBeginning, NotWhatWasSigned, TreeDamaged
from projections.audit import Difference, Found, Progress, b64, hashed_anew, rewritten, silent


def make(ledger: Ledger, size: int, key: Key | None, origin: str | None = None) -> Checkpoint:
    """The checkpoint of the first `size` entries; kept in the ledger where it may be written.

    With a key it is signed; raises NotWhatWasSigned, and signs nothing, where this log does not continue what the key
    signed before under the same name.
    """
    name = origin or (key.name if key else ledger.database.place.name)
    if key is None:
        made = checkpoint.checkpoint(name, size, tree.root(ledger.database, size), None)
    else:
        with signing.in_turn(key):
            for before in signing.signed_before(ledger.database, key, name):
                _check_continues(ledger, key, before)
            made = checkpoint.checkpoint(name, size, tree.root(ledger.database, size), key)
            signing.keep(key, made, ledger.database.keeps_checkpoints)
    if ledger.database.keeps_checkpoints:
        checkpoint.keep(ledger.database, made)
    return made


def _check_continues(ledger: Ledger, key: Key, before: Checkpoint) -> None:
    """This log has what was signed as its beginning, so that whatever is signed of it is consistent with that."""
    head = ledger.entries.head()
    if before.size > head:
        raise NotWhatWasSigned(key.name, before.origin, before.size, f"it ends at #{head}")
    if tree.root(ledger.database, before.size) != before.root:
        raise NotWhatWasSigned(key.name, before.origin, before.size, "up to there it has another root")


def latest(ledger: Ledger, position: int = 0) -> Checkpoint | None:
    """The largest checkpoint on file that covers a position and is of this log."""
    for size, note in reversed(checkpoint.kept(ledger.database)):
        try:
            told = checkpoint.parse(note)
        except NotACheckpoint:
            continue  # what is wrong with it, verify says
        if position <= size <= ledger.entries.head() and tree.root(ledger.database, size) == told.root:
            return told
    return None


def same_log(ledger: Ledger, told: Checkpoint) -> Checkpoint:
    """The checkpoint, if it is of this log; raises NotTheBeginning."""
    head = ledger.entries.head()
    if told.size > head or tree.root(ledger.database, told.size) != told.root:
        raise NotTheBeginning(told.size, head)
    return told


def kept_elsewhere(ledger: Ledger, told: Checkpoint, progress: Progress = silent) -> Found:
    """What a checkpoint that somebody kept says otherwise than the lines that are there now, hashed anew."""
    head = ledger.entries.head()
    if told.size > head:
        says = (
            f"The checkpoint is of #{told.size}, and this ledger ends at #{head}: it is an older copy, or entries were "
            "removed from its end."
        )
        yield Difference("checkpoint", told.size, says, str(head), str(told.size))
        return
    tip = hashed_anew(ledger, told.size, progress)
    if tip.root != told.root or tip.size != told.size:
        yield rewritten(told, tip, "kept elsewhere")


@dataclass(frozen=True, slots=True)
class Required:
    """What a checkpoint has to have: every key's signature, so many witnesses', and a name where one is given."""

    keys: Sequence[Verifier] = ()
    witnesses: Sequence[Verifier] = ()
    quorum: int = 0
    origin: str | None = None


def not_signed(told: Checkpoint, required: Required) -> Found:
    """What a checkpoint lacks of what is required. Signatures of others are no matter.

    Raises SignatureWrong where one of the given keys' is not right.
    """
    good = checkpoint.check(told, [*required.keys, *required.witnesses])
    for key in required.keys:
        if key not in good:
            says = f"The checkpoint is not signed with the key of {key.name} that was given."
            yield Difference("signature", told.size, says, told.signers, key.name)
    seen = len({verifier.public for verifier in good if verifier in required.witnesses})  # a name is not signed
    if seen < required.quorum:
        says = f"Of the witnesses that were given, {seen} cosigned the checkpoint, and {required.quorum} have to."
        yield Difference("witness", told.size, says, str(seen), str(required.quorum))
    if required.origin is not None and required.origin != told.origin:
        says = f"The checkpoint is of the log '{told.origin}', and '{required.origin}' was asked for."
        yield Difference("origin", told.size, says, told.origin, required.origin)


def proof(ledger: Ledger, position: int, head: Checkpoint, since: Checkpoint | None) -> dict[str, Any]:
    """The shape `deal.proof/1`: all that is needed to check that the entry is in the log of the checkpoint.

    `index` counts from 0; `path` and `since.path` are hashes in base64, from the leaf up. Raises NotInCheckpoint,
    NotTheBeginning, TreeDamaged.
    """
    if position > head.size:
        raise NotInCheckpoint(position, head.size)
    row = row_at(ledger, position)
    answer: dict[str, Any] = {
        "schema": "deal.proof/1",
        "entry": line(row).decode(),
        "index": position - 1,
        "path": [b64(hashed) for hashed in path(ledger, row, head)],
        "checkpoint": head.note,
    }
    if since:
        answer["since"] = {"checkpoint": since.note, "path": [b64(hashed) for hashed in _prefix(ledger, since, head)]}
    return answer


def path(ledger: Ledger, row: Row, head: Checkpoint) -> list[bytes]:
    """The inclusion path of an entry, checked before it is given; raises TreeDamaged."""
    hashes = tree.inclusion(ledger.database, row[0], head.size)
    if not merkle.includes(head.root, head.size, row[0] - 1, leaf(row), hashes):
        raise TreeDamaged(row[0])
    return hashes


def row_at(ledger: Ledger, position: int) -> Row:
    """The row of an entry; raises TreeDamaged where it is missing."""
    for row in ledger.entries.all_rows(position - 1, position):
        return row
    raise TreeDamaged(position)


def _prefix(ledger: Ledger, since: Checkpoint, head: Checkpoint) -> list[bytes]:
    if since.size > head.size:
        raise NotTheBeginning(since.size, head.size)
    hashes = tree.consistency(ledger.database, since.size, head.size)
    if not _is_beginning(since, head, hashes):
        raise NotTheBeginning(since.size, head.size)
    return hashes


def _is_beginning(since: Checkpoint, head: Checkpoint, path: Sequence[bytes]) -> bool:
    if not since.size:
        return since.root == merkle.EMPTY and not path
    return merkle.continues(since.size, since.root, head.size, head.root, path)


def holds(told: dict[str, Any]) -> list[str]:
    """What is wrong with a proof, on nothing but itself; an empty list where it holds."""
    head = checkpoint.parse(told["checkpoint"], "The proof's checkpoint")
    wrong = []
    hashed = merkle.hash_leaf(told["entry"].encode())
    if not merkle.includes(head.root, head.size, told["index"], hashed, [b64decode(h) for h in told["path"]]):
        wrong.append(f"The entry is not in the log of #{head.size}: its line or the path was changed.")
    if "since" in told:
        since = checkpoint.parse(told["since"]["checkpoint"], "The proof's earlier checkpoint")
        path = [b64decode(h) for h in told["since"]["path"]]
        if not _is_beginning(since, head, path):
            wrong.append(f"The log of #{since.size} is not the beginning of the log of #{head.size}.")
    return wrong
