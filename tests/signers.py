"""Those who sign checkpoints in tests: witnesses that cosign, keys that were rotated, kinds that nobody knows."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def line_of(name: str, kind: int, public: bytes, signature: bytes) -> str:
    """A line of a signature in a note."""
    return f"— {name} {b64encode(key_id(name, kind, public) + signature).decode()}\n"


def key_id(name: str, kind: int, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


class Witness:
    """A witness; `name` may be changed, as it is not signed."""

    def __init__(self, name: str, seed: int) -> None:
        self.name = name
        self.private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.public = self.private.public_key().public_bytes_raw()

    def key(self, kind: int = 4) -> str:
        """The public key as it is handed out."""
        ident = key_id(self.name, kind, self.public).hex()
        return f"{self.name}+{ident}+{b64encode(bytes([kind]) + self.public).decode()}"

    def cosigns(self, note: str, time: int = 1_767_603_600) -> str:
        """The note with its cosignature."""
        text = note.rpartition("\n\n")[0] + "\n"
        said = f"cosignature/v1\ntime {time}\n{text}".encode()
        return note + line_of(self.name, 4, self.public, time.to_bytes(8, "big") + self.private.sign(said))
