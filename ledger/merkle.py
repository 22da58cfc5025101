"""The log's hashes and proofs: pure functions over "read these hashes" (RFC 9162, section 2.1; RFC 6962).

A tree of `size` leaves is made of complete subtrees. The hash of the complete subtree over the leaves
[number << level, (number + 1) << level) is named by its `Node`; level 0 are the leaf hashes. Such a hash never
changes once its last leaf is there, so that it is stored once, and every root and proof, of today's tree or of any
earlier one, is put together from at most two of them a level. Leaves count from 0 here; hashes are 32 bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple, TypeAlias

EMPTY = sha256(b"").digest()  # the root of a tree without leaves
SIZE = 32  # bytes of a hash


class Node(NamedTuple):
    """A complete subtree: the leaves [number << level, (number + 1) << level)."""

    level: int
    number: int


Read: TypeAlias = Callable[[Sequence[Node]], Sequence[bytes]]
"""Gives the stored hashes of these nodes, in their order."""

Range: TypeAlias = tuple[int, int]
"""The leaves from the first up to, and not including, the second."""


def hash_leaf(line: bytes) -> bytes:
    """The hash of a leaf's content."""
    return sha256(b"\x00" + line).digest()


def hash_children(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees side by side."""
    return sha256(b"\x01" + left + right).digest()


# --- growing ----------------------------------------------------------------------------------------------


def grow(read: Read, size: int, leaves: Sequence[bytes]) -> list[bytes]:
    """What is to be stored with each new leaf of a tree of `size`: the subtrees that it completes, lowest first.

    Level by level, a whole level at once; reads at most one hash a level, in one go.
    """
    edge = left_edge(size, len(leaves))
    left = dict(zip(edge, read(edge) if edge else (), strict=True))
    stored = [b""] * len(leaves)
    hashes, first, level = list(leaves), size, 0
    while hashes:
        if first % 2:
            first -= 1
            hashes.insert(0, left[Node(level, first)])
        hashes = [hash_children(a, b) for a, b in zip(hashes[::2], hashes[1::2], strict=False)]
        first, level = first // 2, level + 1
        for index, completed in enumerate(hashes, first):
            stored[((index + 1) << level) - size - 1] += completed
    return stored


def left_edge(size: int, count: int) -> list[Node]:
    """The nodes of a tree of `size` that are the left halves of what the next `count` leaves complete."""
    edge, first, end, level = [], size, size + count, 0
    while first < end:
        if first % 2:
            edge.append(Node(level, first - 1))
        first, end, level = first // 2, end // 2, level + 1
    return edge


def place_of(node: Node) -> tuple[int, int]:
    """Where a node is stored: the leaf that completes it (from 0), and which of that leaf's nodes (level 0: itself)."""
    return ((node.number + 1) << node.level) - 1, node.level


# --- roots and proofs -------------------------------------------------------------------------------------


def root(size: int, read: Read) -> bytes:
    """The root of the tree of the first `size` leaves (section 2.1.1)."""
    return _hashes([(0, size)], read)[0] if size else EMPTY


def inclusion(index: int, size: int, read: Read) -> list[bytes]:
    """The path that proves leaf `index` in the tree of `size` leaves (section 2.1.3.1)."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    return _hashes(list(_path(index, 0, size)), read)


def consistency(old: int, new: int, read: Read) -> list[bytes]:
    """The proof that the tree of `old` leaves is the beginning of the tree of `new` (section 2.1.4.1)."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {old} is not the beginning of a tree of {new}")
    return _hashes(list(_subproof(old, 0, new, True)), read) if old else []


def _path(index: int, start: int, end: int) -> Iterator[Range]:
    if end - start == 1:
        return
    middle = start + _split(end - start)
    if index < middle:
        yield from _path(index, start, middle)
        yield middle, end
    else:
        yield from _path(index, middle, end)
        yield start, middle


def _subproof(old: int, start: int, end: int, known: bool) -> Iterator[Range]:
    """`known`: whoever checks has the hash of the old tree, if it is just this range."""
    if old == end:
        if not known:
            yield start, end
        return
    middle = start + _split(end - start)
    if old <= middle:
        yield from _subproof(old, start, middle, known)
        yield middle, end
    else:
        yield from _subproof(old, middle, end, False)
        yield start, middle


def _hashes(ranges: Iterable[Range], read: Read) -> list[bytes]:
    """The hash of each range, from one reading of all that they are made of."""
    parts = [subtrees(*leaves) for leaves in ranges]
    wanted = [node for part in parts for node in part]
    found = iter(read(wanted)) if wanted else iter(())
    return [fold([next(found) for _ in part]) for part in parts]


def subtrees(start: int, end: int) -> list[Node]:
    """The largest complete subtrees that the leaves [start, end) are made of, from the left."""
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        nodes.append(Node(level, start >> level))
        start += 1 << level
    return nodes


def fold(hashes: Sequence[bytes]) -> bytes:
    """The hash over complete subtrees that stand side by side, largest first."""
    *others, total = hashes
    for left in reversed(others):
        total = hash_children(left, total)
    return total


def _split(size: int) -> int:
    """The largest power of two below the size."""
    return 1 << ((size - 1).bit_length() - 1)


# --- checking ---------------------------------------------------------------------------------------------


def includes(root: bytes, size: int, index: int, leaf: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path proves the leaf at `index` in the tree of `size` with this root (section 2.1.3.2)."""
    if not 0 <= index < size or not _are_hashes([leaf, *path]):
        return False
    at, last, total = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            total = hash_children(sibling, total)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            total = hash_children(total, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and total == root


def continues(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the tree of `old` leaves is the beginning of that of `new` (section 2.1.4.2).

    Of a tree without leaves there is no such proof: it is the beginning of any.
    """
    if not 1 <= old <= new or not _are_hashes(proof):
        return False
    if old == new:
        return not proof and old_root == new_root
    hashes = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not hashes:
        return False
    return _folded(old - 1, new - 1, hashes) == (old_root, new_root)


def _are_hashes(texts: Sequence[bytes]) -> bool:
    return all(len(text) == SIZE for text in texts)


def _folded(at: int, last: int, hashes: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """The old and the new root that a consistency proof leads to; None where it is of the wrong length."""
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return None
        if at & 1 or at == last:
            old, new = hash_children(sibling, old), hash_children(sibling, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = hash_children(new, sibling)
        at, last = at >> 1, last >> 1
    return (old, new) if last == 0 else None


class Tip:
    """The tree while leaves come by, one after another: its root at any moment, in memory for 64 hashes at most."""

    def __init__(self) -> None:
        self.size = 0
        self._subtrees: list[bytes] = []  # complete ones side by side, largest first

    def add(self, leaf: bytes) -> None:
        """Takes the next leaf."""
        self.size += 1
        completed = self.size & -self.size  # a subtree of so many leaves is complete now
        while completed > 1:
            leaf = hash_children(self._subtrees.pop(), leaf)
            completed >>= 1
        self._subtrees.append(leaf)

    @property
    def root(self) -> bytes:
        return fold(self._subtrees) if self._subtrees else EMPTY
