"""What a bundle holds: a folder or a zip file, read by name, and JSON that says each thing once."""

import json
import os
import re
import zipfile
from typing import IO, Any, Dict, List, Tuple

MEMBER = re.compile(
    "README\\.txt|check\\.py|checkpoint\\.txt|entries\\.jsonl|proofs\\.json|state\\.jsonl|manifest\\.json|"
    "attachments/[0-9a-f]{64}"
)


def json_of(data: bytes) -> Any:
    """What JSON says; raises ValueError where it names a thing twice, or holds a number that is not whole."""
    return json.loads(data.decode(), object_pairs_hook=_once, parse_float=_no_number, parse_constant=_no_number)


def object_of(data: bytes) -> Dict[str, Any]:
    """The same of a JSON object."""
    told = json_of(data)
    if not isinstance(told, dict):
        raise ValueError("it is no JSON object")
    return told


def _once(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    told = dict(pairs)
    if len(told) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"'{next(name for name in names if names.count(name) > 1)}' stands twice in one JSON object")
    return told


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number of a bundle")


class Bundle:
    """A folder or a zip file: the names in it, and how to read one."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.zip = zipfile.ZipFile(path) if os.path.isfile(path) else None
        self.names = self._members(self.zip) if self.zip else sorted(_files(path))
        self._there = set(self.names)

    def _members(self, packed: zipfile.ZipFile) -> List[str]:
        members = packed.infolist()
        # A bundle is not compressed, so that what comes out of it is never more than the file itself.
        compressed = any(member.compress_type != zipfile.ZIP_STORED for member in members)
        if compressed or sum(member.file_size for member in members) > os.path.getsize(self.path):
            raise ValueError("it was packed anew: unpack it with care, and check the folder")
        names = sorted(member.filename for member in members)
        for name, following in zip(names, [*names[1:], ""]):
            if name == following:
                raise ValueError(f"it holds two files '{name}': one was added")
            if not MEMBER.fullmatch(name):
                raise ValueError(f"a bundle has no file '{name}': it was added")
        return names

    @property
    def strange(self) -> List[str]:
        """The files that are not a bundle's; only a folder may hold some."""
        return [name for name in self.names if not MEMBER.fullmatch(name)]

    def open(self, name: str) -> IO[bytes]:
        """A file in it, to be read."""
        return self.zip.open(name) if self.zip else open(os.path.join(self.path, *name.split("/")), "rb")

    def read(self, name: str) -> bytes:
        """A file in it."""
        with self.open(name) as file:
            return file.read()

    def has(self, name: str) -> bool:
        """Whether it holds a file."""
        return name in self._there


def _files(path: str) -> List[str]:
    """The names of the files in a folder and in its attachments."""
    names = [name for name in os.listdir(path) if os.path.isfile(os.path.join(path, name))]
    attached = os.path.join(path, "attachments")
    return names + ([f"attachments/{name}" for name in os.listdir(attached)] if os.path.isdir(attached) else [])
