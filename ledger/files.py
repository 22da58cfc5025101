"""Files on disk: put in their places whole, and read within bounds, whatever they turn out to be."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, BinaryIO

from ledger.errors import NotAFile, NotReadable, TooLarge

try:
    import fcntl
except ImportError:  # a system without such locks: what is left behind there stays
    fcntl = None  # type: ignore[assignment]

BLOCK = 1 << 20
DRAFTS = ".deal-"  # how a folder is called that a file is made in
READ_BYTES = 128 << 20  # that are read at once: some 300,000 instruments
TOML_LENGTH = 16 << 20  # a file made by people; more is for JSON Lines, which is read a hundred times as fast
DOTS_SQUARED = 20_000_000  # a name of n parts (a.b.c) takes the reader of TOML n x n steps, and as much memory

_DIGEST = re.compile(r"[0-9a-f]{64}")


def is_digest(text: str) -> bool:
    """Whether it is a SHA-256 as we write it: what somebody says is one may be the way to any file."""
    return _DIGEST.fullmatch(text) is not None


def put(draft: Path, path: Path) -> None:
    """Gives a whole file its name, on disk, and never that of another file; raises FileExistsError."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if path.exists():
            raise FileExistsError(path) from None
        draft.rename(path)
    sync_folder(path.parent)


@contextmanager
def draft_folder(parent: Path) -> Iterator[Path]:
    """A folder to make a file in, beside its place; what somebody who was killed left behind there is removed.

    Whoever makes one holds it by a lock, which the system gives up when the process ends, however that is.
    """
    for left in parent.glob(f"{DRAFTS}*"):
        if left.is_dir() and not left.is_symlink():
            with _held(left) as alone:
                if alone:
                    rmtree(left, ignore_errors=True)
    while True:
        folder = Path(mkdtemp(prefix=DRAFTS, dir=parent))
        with _held(folder) as alone:
            if alone and folder.is_dir():  # else somebody else took it for left behind
                try:
                    yield folder
                finally:
                    rmtree(folder, ignore_errors=True)
                return


@contextmanager
def _held(folder: Path) -> Iterator[bool]:
    """Whether nobody else holds a folder; until the end, we do."""
    if fcntl is None:
        yield False
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        yield False
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        yield False
    else:
        yield True
    finally:
        os.close(handle)


@contextmanager
def written_whole(target: Path) -> Iterator[Path]:
    """A draft that takes the place of a file when it is whole; a name that leads to a file stays one that leads there.

    Raises NotAFile where something stands there that is no ordinary file: a device or a pipe would be gone.
    """
    place = Path(os.path.realpath(target))
    if place.exists() and not place.is_file():
        raise NotAFile(str(target))
    with draft_folder(place.parent) as folder:
        draft = folder / place.name
        yield draft
        draft.replace(place)


def sync_folder(folder: Path) -> None:
    """Brings the names in a folder to disk: a file that was synced may still lack its name after a power cut."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def opened(path: Path) -> BinaryIO:
    """A file to read, whatever it is; of a pipe that nobody writes to, nothing is waited for. Raises NotReadable."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        try:
            os.set_blocking(handle, True)
            return os.fdopen(handle, "rb")
        except OSError:
            os.close(handle)
            raise
    except (OSError, ValueError) as error:  # a name with a NUL in it is a ValueError
        raise NotReadable(str(path), getattr(error, "strerror", None) or str(error)) from None


def is_plain(file: BinaryIO) -> bool:
    """Whether it is an ordinary file, and no pipe or device: what has a size, and an end."""
    return stat.S_ISREG(os.fstat(file.fileno()).st_mode)


def content_of(path: Path, limit: int = READ_BYTES) -> bytes:
    """All of a file that somebody gave us; raises NotReadable, or TooLarge where it goes on beyond the limit."""
    parts, size = [], 0
    with opened(path) as file:
        try:
            while block := file.read(BLOCK):
                parts.append(block)
                size += len(block)
                if size > limit:
                    raise TooLarge(str(path), limit)
        except OSError as error:
            raise NotReadable(str(path), error.strerror or str(error)) from None
    return b"".join(parts)


def text_of(path: Path, limit: int = READ_BYTES) -> str:
    """The text of a file, without a byte order mark; raises NotReadable, TooLarge."""
    try:
        return content_of(path, limit).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotReadable(str(path), f"byte {error.start} is not UTF-8") from None


def toml_of(text: str, **how: Any) -> dict[str, Any]:
    """What a text of TOML says; raises ValueError, which says why, where it is none or cannot be one made by people.

    `how`: as tomllib takes it.
    """
    if len(text) > TOML_LENGTH:
        raise ValueError(f"it is longer than {TOML_LENGTH:,} characters")
    if sum(line.count(".") ** 2 for line in text.split("\n")) > DOTS_SQUARED:
        raise ValueError("it has names of too many parts")
    try:
        return tomllib.loads(text, **how)
    except ValueError as error:  # also for a number of more digits than Python reads
        raise ValueError(f"it is not TOML: {error}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
