"""Hashes, roots and proofs: published vectors, every leaf and prefix of every tree, every hash of a proof spoilt."""

from __future__ import annotations

from hashlib import sha256

import pytest

from ledger import merkle
from ledger.merkle import Node, Tip

LARGEST = 130

# RFC 6962 as Certificate Transparency's reference implementation tests it.
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATHS = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
}
PREFIXES = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


class Stored:
    """What a ledger stores: each leaf's hash, and behind it the subtrees that it completes."""

    def __init__(self) -> None:
        self.rows: list[bytes] = []
        self.reads = 0

    def read(self, nodes):
        self.reads += len(nodes)
        return [self.rows[leaf][at * 32 : at * 32 + 32] for leaf, at in map(merkle.place_of, nodes)]

    def append(self, leaves):
        nodes = merkle.grow(self.read, len(self.rows), leaves)
        self.rows += [leaf + more for leaf, more in zip(leaves, nodes, strict=True)]

    @classmethod
    def of(cls, leaves) -> Stored:
        stored = cls()
        stored.append(leaves)
        return stored


def oracle(leaves) -> bytes:
    """The definition in RFC 9162, section 2.1.1, word by word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + oracle(leaves[:k]) + oracle(leaves[k:])).digest()


TREE = [merkle.hash_leaf(b"leaf %d" % number) for number in range(LARGEST)]
STORED = Stored.of(TREE)
ORACLE = [oracle(TREE[:size]) for size in range(LARGEST + 1)]


def test_the_roots_of_certificate_transparency():
    stored = Stored.of([merkle.hash_leaf(leaf) for leaf in LEAVES])
    assert [merkle.root(size, stored.read).hex() for size in range(1, 9)] == ROOTS
    assert merkle.root(0, stored.read).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_proofs_of_certificate_transparency():
    stored = Stored.of([merkle.hash_leaf(leaf) for leaf in LEAVES])
    for (index, size), path in PATHS.items():
        assert [h.hex() for h in merkle.inclusion(index, size, stored.read)] == path
    for (old, new), proof in PREFIXES.items():
        assert [h.hex() for h in merkle.consistency(old, new, stored.read)] == proof


def test_the_places_of_nodes_are_those_of_go_sumdb():
    """Go stores a leaf and then the subtrees that it completes; the number of hashes up to a leaf is the same."""
    counts = [sum(len(row) // 32 for row in STORED.rows[:size]) for size in range(10)]
    assert counts == [0, 1, 3, 4, 7, 8, 10, 11, 15, 16]  # StoredHashCount
    assert merkle.subtrees(0, 7) == [Node(2, 0), Node(1, 2), Node(0, 6)]
    assert merkle.subtrees(4, 7) == [Node(1, 2), Node(0, 6)]


@pytest.mark.parametrize("batch", [1, 2, 3, 7, 64, 129])
def test_batches_of_any_size_store_the_same(batch: int):
    stored = Stored()
    for at in range(0, LARGEST, batch):
        stored.append(TREE[at : at + batch])
    assert stored.rows == STORED.rows


def test_appending_reads_at_most_one_hash_a_level():
    stored = Stored()
    for leaf in TREE:
        stored.reads = 0
        stored.append([leaf])
        assert stored.reads <= len(stored.rows).bit_length()


def test_every_root_is_as_defined():
    tip = Tip()
    for size in range(LARGEST + 1):
        assert merkle.root(size, STORED.read) == ORACLE[size] == tip.root
        if size < LARGEST:
            tip.add(TREE[size])


def test_every_leaf_of_every_tree_is_proven():
    for size in range(1, LARGEST + 1):
        for index in range(size):
            path = merkle.inclusion(index, size, STORED.read)
            assert merkle.includes(ORACLE[size], size, index, TREE[index], path)


def test_every_spoilt_path_is_refused():
    for size in range(1, LARGEST + 1):
        for index in range(size):
            path = merkle.inclusion(index, size, STORED.read)
            for wrong in spoilt(path):
                assert not merkle.includes(ORACLE[size], size, index, TREE[index], wrong)
            assert not merkle.includes(ORACLE[size], size, index, flipped(TREE[index]), path)
            assert not merkle.includes(flipped(ORACLE[size]), size, index, TREE[index], path)
            assert size == 1 or not merkle.includes(ORACLE[size], size, (index + 1) % size, TREE[index], path)


def test_every_prefix_of_every_tree_is_proven():
    for new in range(LARGEST + 1):
        for old in range(1, new + 1):
            proof = merkle.consistency(old, new, STORED.read)
            assert merkle.continues(old, ORACLE[old], new, ORACLE[new], proof)


def test_every_spoilt_prefix_is_refused():
    for new in range(1, LARGEST + 1):
        for old in range(1, new + 1):
            proof = merkle.consistency(old, new, STORED.read)
            for wrong in spoilt(proof):
                assert not merkle.continues(old, ORACLE[old], new, ORACLE[new], wrong)
            assert not merkle.continues(old, flipped(ORACLE[old]), new, ORACLE[new], proof)
            assert not merkle.continues(old, ORACLE[old], new, flipped(ORACLE[new]), proof)


def test_what_is_not_in_the_tree_has_no_proof():
    with pytest.raises(ValueError, match="leaf 3 is not in a tree of 3"):
        merkle.inclusion(3, 3, STORED.read)
    with pytest.raises(ValueError, match="a tree of 4 is not the beginning of a tree of 3"):
        merkle.consistency(4, 3, STORED.read)
    assert not merkle.includes(ORACLE[3], 3, 3, TREE[3], [])
    assert not merkle.continues(4, ORACLE[4], 3, ORACLE[3], [])
    assert merkle.consistency(0, 3, STORED.read) == []
    assert not merkle.continues(0, ORACLE[0], 3, ORACLE[3], [])  # RFC 9162 knows no proof from the empty tree


def test_a_proof_in_a_tree_of_millions_reads_a_few_dozen_hashes():
    asked = []

    def read(nodes):
        asked.append(nodes)
        return [b"\0" * 32] * len(nodes)

    merkle.inclusion(6_000_000, 9_999_999, read)
    merkle.consistency(3_333_333, 9_999_999, read)
    merkle.root(9_999_999, read)
    assert len(asked) == 3
    assert max(map(len, asked)) <= 48


def spoilt(proof):
    """The proof with each hash corrupted in turn, with each left out, and with one too many."""
    for at in range(len(proof)):
        yield [*proof[:at], flipped(proof[at]), *proof[at + 1 :]]
        yield [*proof[:at], *proof[at + 1 :]]
    yield [*proof, b"\0" * 32]


def flipped(hashed: bytes) -> bytes:
    return bytes([hashed[0] ^ 1]) + hashed[1:]
