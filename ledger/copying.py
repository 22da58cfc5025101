"""Copying a ledger to another place, on whichever database: entries, checkpoints on file and attached files.

The entries go as their lines, checked as an import checks them, and a copy that was cut off takes the rest. All or
nothing; and what is there afterwards has the same root as what was copied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from ledger import attachments, checkpoint, tree
from ledger.entry import line
from ledger.errors import AttachmentDamaged, CopyDiffers
from ledger.importing import Import
from ledger.store import EntryRecorder


@dataclass(frozen=True, slots=True)
class Copied:
    """How many entries were there already and how many were added, and the root over them at both places.

    `beyond`: how many more the other place has, which the one that was copied has not.
    """

    already: int
    added: int
    checkpoints: int
    attachments: int
    root: bytes
    beyond: int


def copy(source: EntryRecorder, target: EntryRecorder, progress: Callable[[int], None]) -> Copied:
    """Copies what is recorded in one ledger when it begins into another one, which is empty or a beginning of it.

    Raises LinesPart, LineNotAnEntry, AttachmentDamaged or CopyDiffers.
    """
    notes = checkpoint.kept(source.database)  # before the head: whoever writes meanwhile makes later ones
    head = source.head()
    expected = tree.root(source.database, head)
    files = _copy_files(source, target)
    with target.database.writing() as connection:
        importing = Import(target.database, connection)
        importing.take_all(_lines(source, head, progress))
        if (importing.tip.size, importing.tip.root) != (head, expected):
            raise CopyDiffers(head)
        for size, note in notes:
            checkpoint.keep_in(connection, size, note)
    found = tree.root(target.database, head)
    if found != expected:
        raise CopyDiffers(head)
    return Copied(importing.already, importing.added, len(notes), files, found, target.head() - head)


def _lines(source: EntryRecorder, head: int, progress: Callable[[int], None]) -> Iterator[bytes]:
    for row in source.all_rows(0, head):
        yield line(row)
        progress(1)


def _copy_files(source: EntryRecorder, target: EntryRecorder) -> int:
    count = 0
    for digest in attachments.names(source.database):
        content = attachments.content_of(source.database, digest)
        if content is None or sha256(content).hexdigest() != digest:
            raise AttachmentDamaged(digest)
        attachments.store_bytes(target.database, digest, content)
        count += 1
    return count
