"""Files beside the ledger: what a source refers to, kept under its SHA-256 in a folder next to the ledger's file.

The entry holds digest, size and name; the folder holds the bytes. A file is written whole before the entry that
names it is recorded, so that no entry ever refers to half a file.
"""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

from ledger.database import Database, sqlite_path
from ledger.errors import NotReadable
from ledger.events import Attachment
from ledger.files import sync_folder

BLOCK = 1 << 20


def folder_of(address: str) -> Path:
    """Where the files of the ledger at this address lie: `deals.db.files`."""
    path = sqlite_path(address)
    return path.with_name(f"{path.name}.files")


def path_of(database: Database, digest: str) -> Path:
    """Where the file with this digest lies."""
    return folder_of(database.address) / digest


def describe(path: Path) -> Attachment:
    """What an entry holds of a file; raises NotReadable."""
    try:
        digest, size = digest_of(path)
    except OSError as error:
        raise NotReadable(str(path), error.strerror or str(error)) from None
    return Attachment(sha256=digest, size=size, name=path.name)


def store(address: str, path: Path) -> Attachment:
    """Keeps a copy of a file beside the ledger; the same bytes are kept once. Raises NotReadable."""
    attachment = describe(path)
    store_bytes(address, attachment.sha256, path.read_bytes())
    return attachment


def store_bytes(address: str, digest: str, content: bytes) -> None:
    """Keeps bytes under their digest: whole and on disk, or not at all."""
    target = folder_of(address) / digest
    if target.exists():
        return
    if not target.parent.exists():
        target.parent.mkdir(exist_ok=True)
        sync_folder(target.parent.parent)
    draft = target.with_name(f".{digest}.{os.getpid()}")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(target)
    sync_folder(target.parent)


def digest_of(path: Path) -> tuple[str, int]:
    """The SHA-256 of a file, lower-case hex, and its size in bytes; a block at a time."""
    digest, size = sha256(), 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size
