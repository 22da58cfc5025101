"""Files on disk: put in their places whole, and read within bounds, whatever they turn out to be."""

from __future__ import annotations

import os
from pathlib import Path


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


def sync_folder(folder: Path) -> None:
    """Brings the names in a folder to disk: a file that was synced may still lack its name after a power cut."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
