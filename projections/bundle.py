"""A bundle: what an auditor or a counterparty needs to check the books offline, with nothing of ours installed.

A zip file, the same to the byte from the same ledger and checkpoint: fixed order, fixed dates, nothing compressed
(compressors differ from machine to machine). A deal's bundle proves its own entries by inclusion, without the others.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from ledger import attachments
from ledger.application import Ledger
from ledger.checkpoint import Checkpoint
from ledger.entry import Row, entry_of, line
from ledger.errors import NoSuchEntry
from ledger.files import written_whole
from ledger.importing import ATTACHMENTS, CHECKPOINT, ENTRIES
from projections.assembled import check_py
from projections.audit import b64
from projections.history import instrument_of
from projections.proof import path as inclusion
from projections.replay import books_line, canonical, rows_of

EPOCH = (1980, 1, 1, 0, 0, 0)  # the first day that a zip file can say

README = """\
This bundle lets you check a ledger of deals offline, with nothing but Python 3.8 or newer:

    python3 -I check.py --key PUBLIC_KEY

PUBLIC_KEY is that of whoever signed checkpoint.txt; ask them for it by another way than this file. Without it the
check can only say that the bundle is consistent with itself: anybody may have made it. If you distrust check.py, read
it, or use the one of an older bundle. The last line says what it comes to; python3 -I check.py --help says the rest.

  checkpoint.txt   how many entries the log had and the root over them (C2SP tlog-checkpoint, signed note)
  entries.jsonl    the entries, one line of JSON each; the leaf hash is SHA-256 of a zero byte and the line (RFC 9162)
  proofs.json      only where the bundle is of one deal: for each entry the path to the checkpoint's root
  state.jsonl      what the books say of each deal, on all days; check.py recomputes it from the entries
  attachments/     the files that sources refer to, each under its SHA-256
  manifest.json    what the bundle is of, and the SHA-256 of state.jsonl

What it proves: these entries, letter for letter, stood in the log when the checkpoint was made, in this order, and
the books say what they say. Keep checkpoint.txt: any later bundle or proof can be held against it, and an entry that
was changed, left out or moved in between is found. A bundle of all deals has every entry up to the checkpoint. What it
cannot prove: that what was entered is true, and, for a bundle of one deal, that the log holds no other entry of it.
"""


def write(ledger: Ledger, head: Checkpoint, target: Path, deal: str | None = None) -> int:
    """Writes the bundle of all entries of a checkpoint, or of one deal's; answers with how many.

    Raises NoSuchDeal, NotAFile.
    """
    if deal:
        ledger.history(deal)
        if not rows_of(ledger, deal, head.size):
            raise NoSuchEntry(f"of {deal}", f"the checkpoint of #{head.size}")
    with written_whole(target) as draft, zipfile.ZipFile(draft, "w", zipfile.ZIP_STORED) as bundle:
        return _fill(bundle, ledger, head, deal)


def _fill(bundle: zipfile.ZipFile, ledger: Ledger, head: Checkpoint, deal: str | None) -> int:
    books = _Books(ledger, head.size)
    _add(bundle, "README.txt", [README.encode()])
    _add(bundle, "check.py", [check_py()])
    _add(bundle, CHECKPOINT, [head.note.encode()])
    count = _add(bundle, ENTRIES, (line(row) + b"\n" for row in _rows(ledger, deal, head.size)))
    if deal:
        _add(bundle, "proofs.json", [_proofs(ledger, deal, head)])
    _add(bundle, "state.jsonl", books.lines([deal] if deal else sorted(ledger.entries.deals())))
    _add(bundle, "manifest.json", [_manifest(deal, head, count, books.digest.hexdigest())])
    for name in sorted(books.files):
        there = attachments.content_of(ledger.database, name)
        if there is not None:  # one that is missing is named by the check
            _add(bundle, f"{ATTACHMENTS}{name}", [there])
    return count


class _Books:
    """The books of deals, one after another; and when they were written, their digest and the files they refer to."""

    def __init__(self, ledger: Ledger, up_to: int) -> None:
        self.ledger = ledger
        self.up_to = up_to
        self.digest = sha256()
        self.files: set[str] = set()

    def lines(self, slugs: Iterable[str]) -> Iterator[bytes]:
        for slug in slugs:
            told = [entry_of(row) for row in rows_of(self.ledger, slug, self.up_to)]
            if told:
                text = books_line(slug, told)
                self.digest.update(text)
                yield text
            papers = filter(None, map(instrument_of, told))
            self.files |= {s.attachment.sha256 for paper in papers for s in paper.sources if s.attachment}


def _rows(ledger: Ledger, deal: str | None, up_to: int) -> Iterable[Row]:
    return rows_of(ledger, deal, up_to) if deal else ledger.entries.all_rows(0, up_to)


def _proofs(ledger: Ledger, deal: str, head: Checkpoint) -> bytes:
    paths = {str(row[0]): [b64(h) for h in inclusion(ledger, row, head)] for row in rows_of(ledger, deal, head.size)}
    return canonical({"schema": "deal.proofs/1", "paths": paths})


def _manifest(deal: str | None, head: Checkpoint, count: int, digest: str) -> bytes:
    told = {
        "schema": "deal.bundle/1",
        "deal": deal,
        "entries": count,
        "head": {"position": head.size, "root": b64(head.root)},
        "state_sha256": digest,
    }
    return (json.dumps(told, indent=2) + "\n").encode()


def _add(bundle: zipfile.ZipFile, name: str, parts: Iterable[bytes]) -> int:
    """Adds a file in parts; answers with how many."""
    about = zipfile.ZipInfo(name, EPOCH)
    about.create_system, about.external_attr = 3, 0o100644 << 16
    count = 0
    with bundle.open(about, "w", force_zip64=True) as file:
        for part in parts:
            file.write(part)
            count += 1
    return count
