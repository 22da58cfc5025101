"""Signed tree heads: a checkpoint says how large the log was and which root it had, and who says so.

The format is C2SP's tlog-checkpoint (https://c2sp.org/tlog-checkpoint) in a signed note (https://c2sp.org/signed-note):
three lines (origin, size, root in base64), an empty line, and a line for each Ed25519 signature. Keys are written as
Go's sumdb/note writes them, so that other tools can check them. An unsigned checkpoint has a fourth line that says so.
"""

from __future__ import annotations

import os
import re
import stat
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, select

from ledger.database import Database
from ledger.errors import (
    KeyExists,
    KeyOpenToOthers,
    NotACheckpoint,
    NotAKey,
    NotAKeyName,
    NotRecorded,
    SignatureWrong,
)
from ledger.files import text_of
from ledger.tables import checkpoints

UNSIGNED = "unsigned: whoever has this file may have written it"
ED25519 = b"\x01"

_SIGNATURE = re.compile(r"— (\S+) (\S+)")
_NAME = re.compile(r"[^\s+]+")


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed, with which key (the first four bytes of its digest), and how."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log as a note says it; `text` is what was signed, `note` all of it."""

    origin: str
    size: int
    root: bytes
    text: str
    signatures: tuple[Signature, ...] = ()

    @property
    def note(self) -> str:
        lines = (f"— {s.name} {b64encode(s.key_id + s.signature).decode()}\n" for s in self.signatures)
        return f"{self.text}\n{''.join(lines)}"

    @property
    def signers(self) -> str:
        """The names of those who signed, or that nobody did."""
        return ", ".join(s.name for s in self.signatures) or "nobody"


def checkpoint(origin: str, size: int, root: bytes, key: Key | None) -> Checkpoint:
    """The checkpoint of a log; unsigned, and saying so, without a key."""
    text = f"{origin}\n{size}\n{b64encode(root).decode()}\n"
    if key is None:
        return Checkpoint(origin, size, root, f"{text}{UNSIGNED}\n")
    return Checkpoint(origin, size, root, text, (key.sign(text),))


def parse(note: str, name: str = "The text") -> Checkpoint:
    """The checkpoint that a note is; raises NotACheckpoint. Signatures are not checked here: see `check`."""
    text, empty, signed = note.replace("\r\n", "\n").rpartition("\n\n")
    lines = text.split("\n")
    if not empty or len(lines) < 3 or not lines[0] or not re.fullmatch(r"0|[1-9]\d{0,18}", lines[1]):
        raise NotACheckpoint(name)
    root = _base64(lines[2])
    signatures = [_signature(line) for line in signed.split("\n")[:-1]]
    said_so = UNSIGNED in lines[3:]
    whole = signed == "" or signed.endswith("\n")
    if root is None or len(root) != 32 or not whole or None in signatures or (not signatures and not said_so):
        raise NotACheckpoint(name)
    return Checkpoint(lines[0], int(lines[1]), root, text + "\n", tuple(s for s in signatures if s))


def read(path: Path) -> Checkpoint:
    """The checkpoint in a file; raises NotReadable, NotACheckpoint."""
    return parse(text_of(path), str(path))


def check(checkpoint: Checkpoint, verifiers: Sequence[Verifier]) -> list[str]:
    """The names of those whose signature is right, of the given keys; raises SignatureWrong where one is not."""
    good = []
    for signature in checkpoint.signatures:
        for verifier in verifiers:
            if (verifier.name, verifier.key_id) == (signature.name, signature.key_id):
                if not verifier.accepts(checkpoint.text, signature.signature):
                    raise SignatureWrong(signature.name)
                good.append(signature.name)
    return list(dict.fromkeys(good))


# --- keys -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key: who may sign. `str()` is its text, to be handed to whoever checks."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def accepts(self, text: str, signature: bytes) -> bool:
        """Whether the signature is this key's, of this text."""
        from cryptography.exceptions import InvalidSignature  # late: only who checks waits for it
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{b64encode(ED25519 + self.public).decode()}"


@dataclass(frozen=True, slots=True)
class Key:
    """A private key; `str()` is its text, which is kept where only its owner reads it."""

    name: str
    seed: bytes

    @classmethod
    def new(cls, name: str) -> Key:
        """A key that nobody had before; raises NotAKeyName."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        if not _NAME.fullmatch(name):
            raise NotAKeyName(name)
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @property
    def verifier(self) -> Verifier:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        return Verifier(self.name, public)

    def sign(self, text: str) -> Signature:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        return Signature(self.name, self.verifier.key_id, signature)

    def __str__(self) -> str:
        secret = b64encode(ED25519 + self.seed).decode()
        return f"PRIVATE+KEY+{self.name}+{self.verifier.key_id.hex()}+{secret}"


def verifier(text: str) -> Verifier:
    """The public key that a text is (`name+id+base64`), or the file with it; raises NotAKey."""
    if "+" not in text or Path(text).exists():
        text = text_of(Path(text))
    name, key_id, public = _parts(text.strip(), "")
    found = Verifier(name, public)
    if found.key_id.hex() != key_id:
        raise NotAKey(name)
    return found


def load_key(path: Path) -> Key:
    """The private key in a file that only its owner may read; raises NotReadable, KeyOpenToOthers, NotAKey."""
    text = text_of(path)
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyOpenToOthers(str(path))
    name, _, seed = _parts(text.strip(), "PRIVATE+KEY+")
    return Key(name, seed)


def save_key(key: Key, path: Path) -> Path:
    """Writes a new private key for its owner only, and the public one beside it, whose path it gives."""
    public = path.with_suffix(".pub")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeyExists(str(path)) from None
    with os.fdopen(handle, "w") as file:
        file.write(f"{key}\n")
    public.write_text(f"{key.verifier}\n")
    return public


# --- on file ----------------------------------------------------------------------------------------------


def keep(database: Database, made: Checkpoint) -> None:
    """Keeps a checkpoint in the ledger; the same one is kept once."""
    with database.writing() as connection:
        keep_in(connection, made.size, made.note)


def keep_in(connection: Connection, size: int, note: str) -> None:
    """The same within a transaction, as the note stands."""
    if connection.scalar(select(checkpoints.c.size).where(checkpoints.c.note == note)) is None:
        connection.execute(checkpoints.insert().values(size=size, note=note))
        if connection.scalar(select(checkpoints.c.size).where(checkpoints.c.note == note)) != size:
            raise NotRecorded("the ledger", f"The checkpoint of #{size}")


def kept(database: Database) -> list[tuple[int, str]]:
    """The sizes and notes of the checkpoints in the ledger, smallest first, as they stand there."""
    with database.reading() as connection:
        query = select(checkpoints.c.size, checkpoints.c.note).order_by(checkpoints.c.size, checkpoints.c.note)
        return [(size, note) for size, note in connection.execute(query)]


def _parts(text: str, lead: str) -> tuple[str, str, bytes]:
    name, _, rest = text.removeprefix(lead).partition("+")
    key_id, _, encoded = rest.partition("+")
    secret = _base64(encoded)
    if not text.startswith(lead) or not name or secret is None or secret[:1] != ED25519 or len(secret) != 33:
        raise NotAKey(name or "the file")
    return name, key_id, secret[1:]


def _signature(line: str) -> Signature | None:
    match = _SIGNATURE.fullmatch(line)
    value = _base64(match[2]) if match else None
    return Signature(match[1], value[:4], value[4:]) if match and value and len(value) > 4 else None


def _base64(text: str) -> bytes | None:
    try:
        value = b64decode(text, validate=True)
    except (NotBase64, ValueError):
        return None
    return value if b64encode(value).decode() == text else None  # of two spellings only one is ours
