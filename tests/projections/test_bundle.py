"""Bundles: the same bytes every time, checked by another Python in an empty folder, and refused when changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from ledger import checkpoint
from ledger.application import Ledger
from ledger.batch import Draft
from ledger.checkpoint import Key
from ledger.entry import Entry, entry_of, line
from ledger.figures import period
from ledger.form import draft_of
from ledger.tree import root
from projections.assembled import check_py
from projections.bundle import write
from projections.check import ed25519, rule
from projections.point import Point
from projections.proof import latest, make, proof
from projections.replay import Replay, books_line, canonical
from projections.settlement.drafts import settle
from tests.books import FORMS, NOW, books
from tests.histories import histories
from tests.projections.test_rule_property import as_recorded_then, recorded

LAST = len(FORMS)
KEY = Key("example.com/deals", bytes(range(32)))


@pytest.fixture
def ledger(tmp_path: Path):
    with Ledger(str(books(tmp_path / "deals.db")), "write", clock=lambda: NOW) as opened:
        yield opened


def pythons() -> list[str]:
    """This Python, and the oldest other one from 3.8 on that the machine has."""
    places = [*map(Path, os.environ.get("PATH", "").split(":")), *Path.home().glob(".pyenv/versions/*/bin")]
    found = {sys.executable: sys.version_info[:2]}
    for minor in range(8, 15):
        for python in (place / f"python3.{minor}" for place in places):
            if "shims" not in python.parts and python.exists() and (3, minor) not in found.values():
                found[str(python)] = (3, minor)
    return [sys.executable, *sorted(set(found) - {sys.executable}, key=lambda path: found[path])[:1]]


def checked(folder: Path, *arguments: str, python: str = sys.executable) -> tuple[int, str]:
    """Runs check.py as an auditor would: with nothing of ours to be found."""
    run = subprocess.run(
        [python, "-I", "check.py", *arguments], cwd=folder, capture_output=True, env={"PATH": ""}, timeout=60
    )
    return run.returncode, (run.stdout + run.stderr).decode()


def unpacked(bundle: Path, folder: Path) -> Path:
    with zipfile.ZipFile(bundle) as file:
        file.extractall(folder)
    return folder


def test_is_the_same_to_the_byte(ledger: Ledger, tmp_path: Path):
    head = latest(ledger)
    assert head
    for name in ("one.zip", "two.zip"):
        assert write(ledger, head, tmp_path / name) == LAST
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


@pytest.mark.parametrize("python", pythons())
@pytest.mark.parametrize("deal", [None, "acme-bolt"])
def test_another_python_checks_it_in_an_empty_folder(ledger: Ledger, tmp_path: Path, python: str, deal: str | None):
    write(ledger, make(ledger, LAST, KEY), tmp_path / "audit.zip", deal)
    folder = unpacked(tmp_path / "audit.zip", tmp_path / "empty")
    code, said = checked(folder, "--key", str(KEY.verifier), python=python)
    assert (code, said.splitlines()[-1]) == (0, "All of it holds.")
    assert "The signature of example.com/deals is right." in said
    run = Replay(ledger, LAST, deal)
    assert list(run.differences()) == []
    assert run.answer in said  # it recomputed the same books


def test_a_deals_bundle_shows_nothing_of_the_others(ledger: Ledger, tmp_path: Path):
    head = latest(ledger)
    assert head
    assert write(ledger, head, tmp_path / "audit.zip", "nur") == 3
    folder = unpacked(tmp_path / "audit.zip", tmp_path / "empty")
    said = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "check.py")
    assert b"Bolt" not in said
    assert "شركة النور".encode() in said


SPOILT = [
    ("entries.jsonl", b"17.5%", b"11.5%",
     "WRONG: The 9 entries do not have the root of the checkpoint of #9: one was changed."),
    ("entries.jsonl", b'"version":2', b'"version":3', "WRONG: #3 is entry 3 of acme-bolt, out of turn."),
    ("checkpoint.txt", b"\n9\n", b"\n8\n", "WRONG: The signature of example.com/deals is not of this checkpoint."),
    ("state.jsonl", b"18%", b"12%", "WRONG: state.jsonl says something else of acme-bolt than its entries."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "sentence"), SPOILT, ids=[f"{n} {o.decode()}" for n, o, _, _ in SPOILT])
def test_what_was_changed_is_named(ledger: Ledger, tmp_path: Path, name: str, old: bytes, new: bytes, sentence: str):
    write(ledger, make(ledger, LAST, KEY), tmp_path / "audit.zip")
    folder = unpacked(tmp_path / "audit.zip", tmp_path / "empty")
    content = (folder / name).read_bytes()
    assert old in content
    (folder / name).write_bytes(content.replace(old, new, 1))
    code, said = checked(folder, "--key", str(KEY.verifier))
    assert code == 3
    assert sentence in said.splitlines()


def test_a_changed_or_missing_attachment_is_named(ledger: Ledger, tmp_path: Path):
    write(ledger, make(ledger, LAST, KEY), tmp_path / "audit.zip", "acme-bolt")
    folder = unpacked(tmp_path / "audit.zip", tmp_path / "empty")
    paper = next((folder / "attachments").iterdir())
    paper.write_text("twelve percent")
    assert "WRONG: The file 'paper.txt' of #3 was changed." in checked(folder)[1]
    shutil.rmtree(folder / "attachments")
    assert "WRONG: The file 'paper.txt' of #3 is not in the bundle." in checked(folder)[1]


def test_another_key_is_not_the_signers(ledger: Ledger, tmp_path: Path):
    write(ledger, make(ledger, LAST, KEY), tmp_path / "audit.zip")
    folder = unpacked(tmp_path / "audit.zip", tmp_path / "empty")
    code, said = checked(folder, "--key", str(Key("example.com/deals", b"\1" * 32).verifier))
    assert code == 3
    assert said.splitlines()[-2:] == [
        "WRONG: The checkpoint is not signed with the key of example.com/deals that was given.",
        "1 thing is wrong. NOT SHOWN: that example.com/deals signed it.",
    ]


def test_a_proof_stands_alone(ledger: Ledger, tmp_path: Path):
    since = make(ledger, 4, KEY)
    told = proof(ledger, 3, make(ledger, LAST, KEY), since)
    (tmp_path / "check.py").write_bytes(check_py())
    (tmp_path / "proof.json").write_bytes(canonical(told))
    assert checked(tmp_path, "proof.json")[0] == 0
    for name, spoilt in (
        ("entry", told["entry"].replace("17.5", "11.5")),
        ("index", 3),
        ("path", told["path"][:-1]),
        ("since", {**told["since"], "path": told["since"]["path"][1:]}),
    ):
        (tmp_path / "proof.json").write_bytes(canonical({**told, name: spoilt}))
        assert checked(tmp_path, "proof.json")[0] == 3


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(histories())
def test_check_py_says_the_same_of_any_history(steps):
    """It shares no code with the ledger, and recomputes the books from the lines to the same bytes."""
    with TemporaryDirectory() as folder, Ledger(f"{folder}/deals.db", "create", clock=lambda: NOW) as ledger:
        recorded(ledger, "deal", steps)
        with as_recorded_then(ledger, folder) as then:
            for rows in filter(None, (list(ledger.entries.all_rows()), list(then.entries.all_rows()))):
                theirs = rule.books_of("deal", [json.loads(line(row)) for row in rows])
                assert rule.canonical(theirs) == books_line("deal", [entry_of(row) for row in rows])


def test_check_py_checks_signatures_as_others_do():
    made = checkpoint.checkpoint("deals", 3, b"\7" * 32, KEY)
    public, signature = KEY.verifier.public, made.signatures[0].signature
    assert ed25519.ed25519_verify(public, made.text.encode(), signature)
    assert not ed25519.ed25519_verify(public, made.text.encode() + b" ", signature)
    for at in range(0, 64, 7):
        spoilt = signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :]
        assert not ed25519.ed25519_verify(public, made.text.encode(), spoilt)


QUAY = (
    {"event": "open", "deal": "quay", "dated": "2025-01-01", "term": "2025..2027", "party": ["Quay", "Reef", "نور"],
     "pool": "partners: Reef 1/3, نور", "pays": ["Quay -> partners as share: 10% of revenue every quarter",
     "Reef -> Quay as hosting: 500 every month"], "nets": "Quay <-> Reef"},
    {"event": "report", "deal": "quay", "dated": "2025-04-02", "figure": "revenue=40_000", "period": "2025-Q1"},
)  # fmt: skip


@pytest.fixture
def settled(tmp_path: Path):
    """A ledger with two statements; and the drafts that they were."""
    with Ledger(str(tmp_path / "quay.db"), "create", clock=lambda: NOW) as opened:
        opened.record([draft_of(form) for form in QUAY], by="desk")
        point = Point(NOW.date(), None, 2, root=root(opened.database, 2))
        told = settle("quay", opened.history("quay"), period("2025-Q1"), point, NOW.date())
        opened.record([Draft("quay", one.statement) for one in told], by="desk")
        yield opened, told


def test_statements_are_added_up_and_have_their_digests(settled, tmp_path: Path):
    ledger, _ = settled
    write(ledger, make(ledger, 4, KEY), tmp_path / "audit.zip")
    code, said = checked(unpacked(tmp_path / "audit.zip", tmp_path / "empty"))
    assert code == 0
    assert "2 statements: each adds up and has its digest\n" in said
    assert "Quay <-> Reef: Quay <-> Reef are set off (#1)" in said
    assert "Reef in partners, with 1/3 of it (#1)" in said


def test_a_statement_that_does_not_add_up_is_found_though_it_is_in_the_log(settled, tmp_path: Path):
    ledger, told = settled
    forged = msgspec.structs.replace(told[1].statement, closing=Decimal("39999.99"), replaces=4)
    entry = Entry("quay", 5, forged)
    ledger.entries.insert_events([ledger.mapper.to_stored_event(entry)], by="nobody", keys=[None])
    write(ledger, make(ledger, 5, KEY), tmp_path / "audit.zip")
    code, said = checked(unpacked(tmp_path / "audit.zip", tmp_path / "empty"))
    assert code == 3
    assert "WRONG: The statement #5 does not have its digest.\n" in said
    assert "WRONG: The statement #5 does not add up: 4000.00, and it says 39999.99.\n" in said


@pytest.mark.parametrize(("changed", "code"), [(False, 0), (True, 3)])
def test_whoever_reads_only_the_beginning_of_a_check_has_its_exit_code(
    ledger: Ledger, tmp_path: Path, changed: bool, code: int
):
    write(ledger, make(ledger, LAST, KEY), tmp_path / "audit.zip")
    folder = unpacked(tmp_path / "audit.zip", tmp_path / "empty")
    if changed:
        state = folder / "state.jsonl"
        state.write_text(state.read_text().replace("audit", "audits").replace("18%", "12%"))
    with subprocess.Popen(
        [sys.executable, "-I", "-u", "check.py"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as check:
        assert check.stdout
        assert check.stderr
        check.stdout.readline()
        check.stdout.close()
        said = check.stderr.read()
    assert (check.returncode, said) == (code, b"")
