"""Signed tree heads: a checkpoint says how large the log was and which root it had, and who says so.

The format is C2SP's tlog-checkpoint (https://c2sp.org/tlog-checkpoint) in a signed note (https://c2sp.org/signed-note):
three lines (origin, size, root in base64), an empty line, and a line for each signature. Signatures of other keys and
kinds than those that are asked for are no matter; witnesses cosign as tlog-cosignature/v1 says. Keys are written as
Go's sumdb/note writes them, so that other tools can check them. An unsigned checkpoint has a fourth line that says so.
"""

from __future__ import annotations

import os
import re
import stat
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
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
    NotALogName,
    NotRecorded,
    SignatureWrong,
)
from ledger.files import text_of
from ledger.tables import checkpoints

UNSIGNED = "unsigned: whoever has this file may have written it"
ED25519, COSIGNATURE = b"\x01", b"\x04"  # the kinds of keys that are known here
SIGNATURES = 100  # on one note
LARGEST_TIME = 2**63 - 1

_SIGNATURE = re.compile(r"— ([^\s+]+) (\S+)")
_NAME = re.compile(r"[^\s+]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


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
    """The checkpoint of a log; unsigned, and saying so, without a key. Raises NotALogName."""
    if not origin or not origin.isprintable():  # of more lines than one, another text would be signed
        raise NotALogName(origin)
    text = f"{origin}\n{size}\n{b64encode(root).decode()}\n"
    if key is None:
        return Checkpoint(origin, size, root, f"{text}{UNSIGNED}\n")
    return Checkpoint(origin, size, root, text, (key.sign(text),))


def parse(note: str, name: str = "The text", on_file: bool = False) -> Checkpoint:
    """The checkpoint that a note is; raises NotACheckpoint. Signatures are not checked here: see `check`.

    `on_file`: in a ledger, where version 0.2.0 kept names with control characters, which no note may have.
    """
    text, empty, signed = note.rpartition("\n\n")
    lines = text.split("\n")
    odd = _is_obeyed(note) and not on_file
    if odd or not empty or len(lines) < 3 or not lines[0] or not _SIZE.fullmatch(lines[1]):
        raise NotACheckpoint(name)
    root = _base64(lines[2])
    signatures = [_signature(line) for line in signed.split("\n")[:-1]]
    said_so = UNSIGNED in lines[3:]
    whole = signed == "" or signed.endswith("\n")
    if root is None or len(root) != 32 or not whole or None in signatures or not (signatures or said_so):
        raise NotACheckpoint(name)
    if len(signatures) > SIGNATURES:
        raise NotACheckpoint(name)
    return Checkpoint(lines[0], int(lines[1]), root, text + "\n", tuple(s for s in signatures if s))


def read(path: Path) -> Checkpoint:
    """The checkpoint in a file, which may have come by mail; raises NotReadable, NotACheckpoint."""
    return parse(text_of(path).replace("\r\n", "\n"), str(path))


def check(checkpoint: Checkpoint, verifiers: Sequence[Verifier]) -> list[Verifier]:
    """Those of the given keys that signed; raises SignatureWrong where a signature of one of them is not right."""
    good = []
    for signature in checkpoint.signatures:
        for verifier in verifiers:
            if (verifier.name, verifier.key_id) == (signature.name, signature.key_id):
                if not verifier.accepts(checkpoint.text, signature.signature):
                    raise SignatureWrong(signature.name)
                good.append(verifier)
    return list(dict.fromkeys(good))


# --- keys -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key: who may sign, or cosign. `str()` is its text, to be handed to whoever checks."""

    name: str
    public: bytes
    kind: bytes = ED25519

    @property
    def key_id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + self.kind + self.public).digest()[:4]

    def accepts(self, text: str, signature: bytes) -> bool:
        """Whether the signature is this key's, of this text."""
        if self.kind == COSIGNATURE:
            time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            if time > LARGEST_TIME:
                return False
            text = f"cosignature/v1\ntime {time}\n{text}"
        return is_signed(self.public, text.encode(), signature)

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{b64encode(self.kind + self.public).decode()}"


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature is that of the public key's owner on the message."""
    from cryptography.exceptions import InvalidSignature  # late: only who checks waits for it
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Key:
    """A private key; `str()` is its text, which is kept where only its owner reads it, at `path`."""

    name: str
    seed: bytes
    path: Path | None = field(default=None, compare=False)

    @classmethod
    def new(cls, name: str) -> Key:
        """A key that nobody had before; raises NotAKeyName."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        if not _NAME.fullmatch(name) or not name.isprintable():
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
    name, key_id, kind, public = _parts(text.strip(), "", (ED25519, COSIGNATURE))
    found = Verifier(name, public, kind)
    if found.key_id.hex() != key_id:
        raise NotAKey(name)
    return found


def witness(text: str) -> Verifier:
    """The same of a witness: its key as it cosigns, whichever kind it is written as; raises NotAKey."""
    return replace(verifier(text), kind=COSIGNATURE)


def load_key(path: Path) -> Key:
    """The private key in a file that only its owner may read; raises NotReadable, KeyOpenToOthers, NotAKey."""
    text = text_of(path)
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyOpenToOthers(str(path))
    name, key_id, _, seed = _parts(text.strip(), "PRIVATE+KEY+", (ED25519,))
    key = Key(name, seed, path)
    if key.verifier.key_id.hex() != key_id:
        raise NotAKey(name)
    return key


def save_key(key: Key, path: Path) -> Path:
    """Writes a new private key for its owner only, and the public one beside it, whose path it gives."""
    public = path.with_name(f"{path.name}.pub") if path.suffix == ".pub" else path.with_suffix(".pub")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if public.exists() and not path.exists():  # another key's, whose file has another ending
        raise KeyExists(str(public))
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


def _parts(text: str, lead: str, kinds: Sequence[bytes]) -> tuple[str, str, bytes, bytes]:
    name, _, rest = text.removeprefix(lead).partition("+")
    key_id, _, encoded = rest.partition("+")
    secret = _base64(encoded)
    whole = text.startswith(lead) and _NAME.fullmatch(name) and secret and len(secret) == 33
    if not whole or not secret or secret[:1] not in kinds:
        raise NotAKey(name or "the file")
    return name, key_id, secret[:1], secret[1:]


def _is_obeyed(note: str) -> bool:
    """Whether a note has a control character, which none may have."""
    return any(c < " " and c != "\n" for c in note)


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
