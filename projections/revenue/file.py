"""What a file of lines is: its format, told by what is in it, its size and its digest."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import file_digest
from pathlib import Path

from ledger.errors import FileChanged, NotLines, NotReadable
from projections.revenue.columns import Form

READ = 1 << 22

CSV, JSON_LINES, PARQUET = "csv", "jsonl", "parquet"

_FOREIGN = {
    b"PK\x03\x04": "it is a workbook or a ZIP archive; save the sheet as CSV, or unpack it",
    b"\xd0\xcf\x11\xe0": "it is a workbook of the old format; save the sheet as CSV",
    b"\x1f\x8b": "it is compressed with gzip; unpack it",
    b"\x28\xb5\x2f\xfd": "it is compressed with zstd; unpack it",
    b"%PDF": "it is a PDF",
}


class LinesFile:
    """An open question to a file: its digest is worked out beside the summing, which leaves the file alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._before = path.stat()
            with path.open("rb") as content:
                start = content.read(4096)
                self.marked = start.startswith((b"\xff\xfe", b"\xfe\xff"))  # the marks of UTF-16
                self.format = _format(path.name, start)
        except OSError as error:
            raise NotReadable(str(path), error.strerror or str(error)) from None
        self.size = self._before.st_size
        self._pool = ThreadPoolExecutor(1)
        self._digest: Future[str] = self._pool.submit(_digest, path)

    def sha256(self) -> str:
        """The digest of what was summed. Raises FileChanged where the file is no longer what it was."""
        found = self._digest.result()
        self._pool.shutdown()
        if _stamp(self.path.stat()) != _stamp(self._before):
            raise FileChanged(self.path.name)
        return found

    def check_encoding(self, form: Form) -> None:
        """Raises NotLines where its first bytes say that it is in another encoding than the mapping says."""
        if self.marked and not form.encoding.replace("_", "-").lower().startswith("utf-16"):
            raise NotLines(self.path.name, 'it is text in UTF-16; say so in a mapping: [form], encoding = "utf-16"')

    def simple(self, form: Form) -> bool:
        """Whether this CSV is a line a row and a separator a cell, in UTF-8: nothing is quoted, no line is empty.

        Where quotation marks are text, they quote nothing.
        """
        if form.encoding not in ("utf-8-sig", "utf-8") or form.header != 1 or not form.plain_amounts:
            return False
        signs = (*([b'"'] if form.quote != "" else []), b"\n\n", b"\n\r", b"\0")
        with self.path.open("rb") as content:
            last = b""
            while chunk := content.read(READ):
                if any(sign in last + chunk for sign in signs) or _lone_return(last + chunk):
                    return False
                last = chunk[-1:]
        return True


def _lone_return(chunk: bytes) -> bool:
    return chunk.count(b"\r") - chunk.endswith(b"\r") != chunk.count(b"\r\n")


def _digest(path: Path) -> str:
    # Hashing lets other threads run: a second core does it while the engine sums on the first.
    with path.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()


def _stamp(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_size, found.st_mtime_ns, found.st_ino


def _format(name: str, start: bytes) -> str:
    if start.startswith(b"PAR1"):
        return PARQUET
    for magic, why in _FOREIGN.items():
        if start.startswith(magic):
            raise NotLines(name, why)
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text:
        raise NotLines(name, "it is empty")
    return JSON_LINES if text.startswith(b"{") else CSV
