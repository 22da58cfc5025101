"""Hashes and proofs: RFC 9162, section 2.1."""

import hashlib
from typing import Iterable, List, Sequence, Tuple


def sha256(data: bytes) -> bytes:
    """The digest of bytes."""
    return hashlib.sha256(data).digest()


def leaf(line: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\x00" + line)


def node(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees side by side."""
    return sha256(b"\x01" + left + right)


def root_of(leaves: Iterable[bytes]) -> Tuple[bytes, int]:
    """The root over leaf hashes, and how many they are; at most 64 hashes are kept."""
    subtrees: List[bytes] = []
    size = 0
    for hashed in leaves:
        size += 1
        full = size & -size
        while full > 1:
            hashed = node(subtrees.pop(), hashed)
            full >>= 1
        subtrees.append(hashed)
    if not subtrees:
        return sha256(b""), 0
    root = subtrees.pop()
    while subtrees:
        root = node(subtrees.pop(), root)
    return root, size


def includes(root: bytes, size: int, index: int, hashed: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path proves the leaf at an index, counted from 0 (section 2.1.3.2)."""
    if not 0 <= index < size or any(len(text) != 32 for text in (hashed, *path)):
        return False
    at, last = index, size - 1
    for sibling in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            hashed = node(sibling, hashed)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            hashed = node(hashed, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and hashed == root


def continues(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree of `old` leaves, one at least, is the beginning of that of `new` (section 2.1.4.2)."""
    if not 1 <= old <= new or any(len(text) != 32 for text in proof):
        return False
    if old == new:
        return not proof and old_root == new_root
    hashes = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not hashes:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node(sibling, first), node(sibling, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node(second, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and (first, second) == (old_root, new_root)
