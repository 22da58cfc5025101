"""Files with the ledger: what a source refers to, kept under its SHA-256.

The entry holds digest, size and name. The bytes lie in a folder next to the ledger's file (`deals.db.files`), or on a
server in a table of the ledger's schema, so that they are backed up, replicated and read with it. A file is kept
whole before the entry that names it is recorded, so that no entry ever refers to half a file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from sqlalchemy import LargeBinary, Text, column, select, table

from ledger import files
from ledger.database import Database
from ledger.errors import NotReadable, NotRecorded
from ledger.events import Attachment

BLOCK = 1 << 20
ATTACHMENT_BYTES = 256 << 20  # of one file: it is held in memory while it is kept

_table = table("attachments", column("sha256", Text), column("content", LargeBinary))


def describe(path: Path) -> Attachment:
    """What an entry holds of a file; raises NotReadable."""
    content = _bytes_of(path)
    return Attachment(sha256=sha256(content).hexdigest(), size=len(content), name=path.name)


def store(database: Database, path: Path) -> Attachment:
    """Keeps a copy of a file with the ledger; the same bytes are kept once. Raises NotReadable."""
    content = _bytes_of(path)  # once: a file may change while it is read
    digest = sha256(content).hexdigest()
    store_bytes(database, digest, content)
    return Attachment(sha256=digest, size=len(content), name=path.name)


def _bytes_of(path: Path) -> bytes:
    with files.opened(path) as file:
        if not files.is_plain(file):
            raise NotReadable(str(path), "it is not a file")
    return files.content_of(path, ATTACHMENT_BYTES)


def store_bytes(database: Database, digest: str, content: bytes) -> None:
    """Keeps bytes under their digest: whole and on disk, or not at all."""
    assert files.is_digest(digest)
    folder = database.place.folder
    if folder is not None:
        _write(folder / digest, content)
    elif digest not in set(names(database)):
        with database.writing() as connection:
            connection.execute(_table.insert().values(sha256=digest, content=content))
            if connection.scalar(select(_table.c.sha256).where(_table.c.sha256 == digest)) is None:
                raise NotRecorded(database.address, f"The file {digest}")


def content_of(database: Database, digest: str) -> bytes | None:
    """The bytes that are kept under a digest; None where there are none."""
    if not files.is_digest(digest):
        return None
    if database.place.folder is not None:
        path = _kept(database, digest)
        return path.read_bytes() if path else None
    with database.reading() as connection:
        found = connection.scalar(select(_table.c.content).where(_table.c.sha256 == digest))
        return None if found is None else bytes(found)


def found(database: Database, digest: str) -> tuple[str, int] | None:
    """SHA-256 and size of what is really kept under a digest; None where nothing is."""
    if not files.is_digest(digest):
        return None
    if database.place.folder is not None:
        path = _kept(database, digest)
        return _digest_of(path) if path else None
    content = content_of(database, digest)
    return None if content is None else (sha256(content).hexdigest(), len(content))


def names(database: Database) -> Iterator[str]:
    """The digest of every file that is kept."""
    if database.place.folder is not None:
        folders = [folder for folder in (database.place.folder, database.place.former_folder) if folder]
        yield from sorted({path.name for folder in folders for path in folder.glob("[0-9a-f]*")})
        return
    with database.reading() as connection:
        yield from connection.scalars(select(_table.c.sha256).order_by(_table.c.sha256)).all()


def _write(target: Path, content: bytes) -> None:
    """Also where it is there: whoever put it there may have been killed before it was on disk, or it was damaged."""
    folder = target.parent
    folder.mkdir(exist_ok=True)
    files.sync_folder(folder.parent)
    if not target.exists() or _digest_of(target) != (target.name, len(content)):
        with files.draft_folder(folder) as drafts:
            draft = drafts / target.name
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
    files.sync_folder(folder)


def _kept(database: Database, digest: str) -> Path | None:
    """Where a file lies that is kept under a digest, in a folder; None where there is none."""
    places = (database.place.folder, database.place.former_folder)
    return next((folder / digest for folder in places if folder and (folder / digest).exists()), None)


def _digest_of(path: Path) -> tuple[str, int]:
    """The SHA-256 of a file, lower-case hex, and its size in bytes; a block at a time."""
    digest, size = sha256(), 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size
