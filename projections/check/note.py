"""Checkpoints and who signed them: C2SP tlog-checkpoint in a signed note, and tlog-cosignature/v1 of witnesses."""

import base64
import binascii
import re
from datetime import datetime, timedelta, timezone
from typing import List, NamedTuple, Optional, Sequence, Tuple

from projections.check.ed25519 import ed25519_verify
from projections.check.findings import Findings
from projections.check.hashes import sha256

UNSIGNED = "unsigned: whoever has this file may have written it"
SIGNER, COSIGNER = 1, 4  # the kinds of Ed25519 keys in a signed note
LARGEST_TIME = 2**63 - 1
SIGNATURES = 100  # on one note

SIGNATURE_LINE = re.compile("\u2014 ([^\\s+]+) (\\S+)")
NUMBER = re.compile("0|[1-9][0-9]{0,18}")


class Signature(NamedTuple):
    """Who says to have signed, with which key, and how."""

    name: str
    key_id: bytes
    value: bytes


class Note(NamedTuple):
    """A checkpoint; `text` is what was signed."""

    origin: str
    size: int
    root: bytes
    text: str
    signatures: List[Signature]

    @property
    def root_text(self) -> str:
        """The root as the checkpoint writes it."""
        return self.text.split("\n")[2]


class PublicKey(NamedTuple):
    """Somebody's public key, of one of the two kinds."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """How a note names the key."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public)[:4]

    def accepts(self, text: str, value: bytes) -> bool:
        """Whether the signature is this key's, of this text."""
        if self.kind == SIGNER:
            return ed25519_verify(self.public, text.encode(), value)
        time = time_of(value)
        said = f"cosignature/v1\ntime {time}\n{text}"
        return time is not None and ed25519_verify(self.public, said.encode(), value[8:])


class Policy(NamedTuple):
    """Who has to have signed: every key, so many of the witnesses, and the log of this name where one is given."""

    keys: Sequence[PublicKey] = ()
    witnesses: Sequence[PublicKey] = ()
    quorum: int = 0
    origin: Optional[str] = None


def time_of(cosignature: bytes) -> Optional[int]:
    """When a witness cosigned, in seconds since 1970; None where it is no cosignature."""
    time = int.from_bytes(cosignature[:8], "big")
    return time if len(cosignature) == 72 and time <= LARGEST_TIME else None


def base64_of(text: str) -> bytes:
    """The bytes that a text in base64 says; of two spellings only one is taken. Raises ValueError."""
    try:
        value = base64.b64decode(text, validate=True)
    except binascii.Error:
        value = b""
    if not text or base64.b64encode(value).decode() != text:
        raise ValueError(f"'{text}' is not base64")
    return value


def note_of(note: str) -> Note:
    """The checkpoint that a note is; raises ValueError."""
    text, empty, signed = note.rpartition("\n\n")
    lines = text.split("\n")
    if any(c < " " and c != "\n" for c in note) or not empty or len(lines) < 3 or not lines[0]:
        raise ValueError("it is no checkpoint in a signed note")
    if not NUMBER.fullmatch(lines[1]) or (not signed and UNSIGNED not in lines[3:]) or signed[-1:] not in ("", "\n"):
        raise ValueError("it is no checkpoint in a signed note")
    root = base64_of(lines[2])
    signatures = [_signature(line) for line in signed.split("\n")[:-1]]
    if len(root) != 32 or len(signatures) > SIGNATURES:
        raise ValueError("it is no checkpoint in a signed note")
    return Note(lines[0], int(lines[1]), root, text + "\n", signatures)


def _signature(line: str) -> Signature:
    match = SIGNATURE_LINE.fullmatch(line)
    value = base64_of(match[2]) if match else b""
    if not match or len(value) < 5:
        raise ValueError(f"'{line}' is no line of a signature")
    return Signature(match[1], value[:4], value[4:])


def public_key(text: str) -> PublicKey:
    """The key that a text is, as Go's sumdb/note writes them: NAME+ID+BASE64. Raises ValueError."""
    name, key_id, value = _parts(text.strip())
    if len(value) != 33 or value[0] not in (SIGNER, COSIGNER):
        raise ValueError("it is no Ed25519 key")
    key = PublicKey(name, value[0], value[1:])
    if key.key_id.hex() != key_id:
        raise ValueError("its ID is not that of the key")
    return key


def witness_key(text: str) -> PublicKey:
    """The same of a witness: the key as it cosigns, whichever kind it is written as."""
    return public_key(text)._replace(kind=COSIGNER)


def _parts(text: str) -> Tuple[str, str, bytes]:
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    if not name or re.search("\\s", name):
        raise ValueError("it is not written NAME+ID+BASE64")
    return name, key_id, base64_of(encoded)


def check_signatures(note: Note, policy: Policy, findings: Findings) -> None:
    """Each signature of a given key is right, every key signed, and enough witnesses did. Others' are no matter."""
    if not note.signatures:
        findings.say("The checkpoint is NOT SIGNED: whoever made it may have written it.")
    signed, seen = set(), set()
    for signature in note.signatures:
        known = [
            key for key in (*policy.keys, *policy.witnesses)
            if (key.name, key.key_id) == (signature.name, signature.key_id)
        ]  # fmt: skip
        for key in known:
            if not key.accepts(note.text, signature.value):
                findings.is_wrong(f"The signature of {key.name} is not of this checkpoint.")
                continue
            signed.add(key)
            if key in policy.witnesses:
                seen.add(key.public)  # a name is not signed: one key under two names is one witness
        if not known:
            findings.say(f"The signature of {signature.name} was not checked: none of the keys given is its key.")
        elif signed.issuperset(known):
            findings.say(f"The signature of {signature.name} is right{_when(known[0], signature)}.")
    _check_policy(note, policy, findings, [key for key in policy.keys if key not in signed], len(seen))


def _check_policy(note: Note, policy: Policy, findings: Findings, lacking: List[PublicKey], seen: int) -> None:
    for key in lacking:
        because = f"The checkpoint is not signed with the key of {key.name} that was given."
        findings.not_shown(f"that {key.name} signed it", because)
    if seen < policy.quorum:
        because = f"Of the witnesses that were given, {seen} cosigned the checkpoint, and {policy.quorum} have to."
        findings.not_shown(f"that {policy.quorum} of the witnesses saw it", because)
    if policy.origin is not None and policy.origin != note.origin:
        because = f"The checkpoint is of the log {note.origin}, and {policy.origin} was asked for."
        findings.not_shown(f"anything of the log {policy.origin}", because)


def _when(key: PublicKey, signature: Signature) -> str:
    time = time_of(signature.value) if key.kind == COSIGNER else None
    if time is None:
        return ""
    try:
        moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=time)
        return f": it saw the log so at {moment.isoformat()[:19]}Z"
    except OverflowError:  # after the year 9999
        return f": it saw the log so {time} seconds after 1970"


def verdict(policy: Policy) -> str:
    """What it comes to where nothing is wrong."""
    if policy.keys:
        return "All of it holds."
    seen = f", seen by {policy.quorum} of the witnesses you named" if policy.quorum else ""
    return f"Consistent with itself{seen}; signed by nobody you named."
