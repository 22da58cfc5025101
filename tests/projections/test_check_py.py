"""check.py against whoever made the bundle: what it must not believe, import, print or overlook."""

from __future__ import annotations

import ast
import json
import os
import random
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from ledger.application import Ledger
from ledger.checkpoint import Key
from ledger.entry import Entry
from ledger.form import draft_of
from projections.assembled import FOLDER, PARTS, check_py
from projections.bundle import write
from projections.check import script
from projections.check.note import Policy, public_key
from projections.proof import make, proof
from projections.replay import canonical
from tests.books import FORMS, NOW, books
from tests.projections.test_bundle import checked, pythons, unpacked
from tests.signers import Witness, line_of
from tests.soak.hostile import changed as changed_bytes
from tests.soak.hostile import within

LAST = len(FORMS)
NAME = "example.com/deals"
KEY = Key(NAME, bytes(range(32)))
MINE = ("--key", str(KEY.verifier))
HOLDS = "All of it holds."
ITSELF = "Consistent with itself; signed by nobody you named."
UNSIGNED = [
    f"WRONG: The checkpoint is not signed with the key of {NAME} that was given.",
    f"1 thing is wrong. NOT SHOWN: that {NAME} signed it.",
]


@pytest.fixture
def ledger(tmp_path: Path):
    with Ledger(str(books(tmp_path / "deals.db")), "write", clock=lambda: NOW) as opened:
        yield opened


@pytest.fixture
def folder(ledger: Ledger, tmp_path: Path) -> Path:
    """The bundle of all deals, signed."""
    return bundled(ledger, tmp_path, KEY)


def bundled(ledger: Ledger, tmp_path: Path, key: Key | None, deal: str | None = None) -> Path:
    write(ledger, make(ledger, LAST, key), tmp_path / "audit.zip", deal)
    return unpacked(tmp_path / "audit.zip", tmp_path / "empty")


def ends(done: tuple[int, str], count: int = 1) -> tuple[int, list[str]]:
    """The exit code and the last lines."""
    return done[0], done[1].splitlines()[-count:]


# --- who signed -------------------------------------------------------------------------------------------


def test_a_key_that_was_given_has_to_have_signed_a_bundle(ledger: Ledger, tmp_path: Path):
    folder = bundled(ledger, tmp_path, None)
    code, said = checked(folder, *MINE)
    assert ends((code, said), 2) == (3, UNSIGNED)
    assert "share: Acme -> Bolt" not in said  # no books that somebody made up
    assert ends(checked(folder, str(tmp_path / "audit.zip"), *MINE), 2) == (3, UNSIGNED)


def test_a_key_that_was_given_has_to_have_signed_a_proof(ledger: Ledger, tmp_path: Path):
    (tmp_path / "check.py").write_bytes(check_py())
    for key, expected in ((None, (3, UNSIGNED)), (Key("other", b"\1" * 32), (3, UNSIGNED))):
        (tmp_path / "proof.json").write_bytes(canonical(proof(ledger, 3, make(ledger, LAST, key), None)))
        assert ends(checked(tmp_path, "proof.json", *MINE), 2) == expected
    (tmp_path / "proof.json").write_bytes(canonical(proof(ledger, 3, make(ledger, LAST, KEY), None)))
    assert ends(checked(tmp_path, "proof.json", *MINE)) == (0, [HOLDS])


def test_without_a_key_it_is_consistent_with_itself_and_no_more(ledger: Ledger, tmp_path: Path):
    for number, key in enumerate((None, KEY)):
        (tmp_path / str(number)).mkdir()
        assert ends(checked(bundled(ledger, tmp_path / str(number), key))) == (0, [ITSELF])


def test_every_key_that_was_given_has_to_have_signed(folder: Path):
    other = Key("example.com/other", b"\2" * 32)
    assert ends(checked(folder, *MINE, "--key", str(other.verifier))) == (
        3, ["1 thing is wrong. NOT SHOWN: that example.com/other signed it."],
    )  # fmt: skip


def test_signatures_of_unknown_keys_and_kinds_are_no_matter(folder: Path):
    note = folder / "checkpoint.txt"
    rotated = Key(NAME, b"\3" * 32).sign(note.read_text().rpartition("\n\n")[0] + "\n")
    text = Witness("witness.example/w", 1).cosigns(note.read_text())
    text += line_of(NAME, 1, Key(NAME, b"\3" * 32).verifier.public, rotated.signature)
    text += line_of("quantum.example/q", 6, b"q" * 1312, b"s" * 2428)
    note.write_text(text)
    code, said = checked(folder, *MINE)
    assert ends((code, said)) == (0, [HOLDS])
    assert "The signature of witness.example/w was not checked: none of the keys given is its key." in said


def test_a_rotated_key_is_checked_where_it_is_given(folder: Path):
    new = Key(NAME, b"\3" * 32)
    note = folder / "checkpoint.txt"
    signed = new.sign(note.read_text().rpartition("\n\n")[0] + "\n")
    good = line_of(NAME, 1, new.verifier.public, signed.signature)
    bad = line_of(NAME, 1, new.verifier.public, bytes(64))
    whole = note.read_text()
    note.write_text(whole + good)
    assert ends(checked(folder, *MINE, "--key", str(new.verifier))) == (0, [HOLDS])
    note.write_text(whole + bad)
    assert ends(checked(folder, *MINE)) == (0, [HOLDS])
    assert ends(checked(folder, *MINE, "--key", str(new.verifier)), 3) == (3, [
        f"WRONG: The signature of {NAME} is not of this checkpoint.",
        f"WRONG: The checkpoint is not signed with the key of {NAME} that was given.",
        f"2 things are wrong. NOT SHOWN: that {NAME} signed it.",
    ])  # fmt: skip


@pytest.mark.parametrize("kind", [1, 4])
def test_so_many_witnesses_have_to_have_cosigned(folder: Path, kind: int):
    """A witness's key is written with the kind of a signer, or with that of a cosigner."""
    one, two, three = (Witness(f"witness.example/{number}", number) for number in (1, 2, 3))
    note = folder / "checkpoint.txt"
    note.write_text(two.cosigns(one.cosigns(note.read_text())))
    given = [word for witness in (one, two, three) for word in ("--witness", witness.key(kind))]
    code, said = checked(folder, *MINE, *given, "--quorum", "2")
    assert ends((code, said)) == (0, [HOLDS])
    assert "The signature of witness.example/1 is right: it saw the log so at 2026-01-05T09:00:00Z." in said
    for quorum in (("--quorum", "3"), ()):
        assert ends(checked(folder, *MINE, *given, *quorum), 2) == (3, [
            "WRONG: Of the witnesses that were given, 2 cosigned the checkpoint, and 3 have to.",
            "1 thing is wrong. NOT SHOWN: that 3 of the witnesses saw it.",
        ])  # fmt: skip
    assert ends(checked(folder, *given, "--quorum", "2")) == (
        0, ["Consistent with itself, seen by 2 of the witnesses you named; signed by nobody you named."],
    )  # fmt: skip


def test_one_witness_under_two_names_is_one(folder: Path):
    one, again = Witness("witness.example/1", 1), Witness("witness.example/1b", 1)
    note = folder / "checkpoint.txt"
    note.write_text(again.cosigns(one.cosigns(note.read_text())))
    given = ["--witness", one.key(), "--witness", again.key()]
    assert ends(checked(folder, *MINE, *given))[0] == 2  # two are asked for, and only one is there
    assert ends(checked(folder, *MINE, *given, "--witness", Witness("w/2", 2).key(), "--quorum", "2"), 2)[1][0] == (
        "WRONG: Of the witnesses that were given, 1 cosigned the checkpoint, and 2 have to."
    )


def test_a_cosignature_of_another_time_or_log_is_none(folder: Path):
    witness = Witness("witness.example/1", 1)
    note = folder / "checkpoint.txt"
    whole = note.read_text()
    line = witness.cosigns(whole).splitlines(keepends=True)[-1]
    other = witness.cosigns(whole.replace(NAME, "example.com/other", 1)).splitlines(keepends=True)[-1]
    later = line[: line.index("AAAA")] + "AAAB" + line[line.index("AAAA") + 4 :]
    for spoilt in (other, later):
        note.write_text(whole + spoilt)
        code, said = checked(folder, *MINE, "--witness", witness.key())
        assert code == 3
        assert "WRONG: The signature of witness.example/1 is not of this checkpoint." in said


def test_the_log_that_is_asked_for_has_to_be_the_one(folder: Path):
    assert ends(checked(folder, *MINE, "--origin", NAME)) == (0, [HOLDS])
    assert ends(checked(folder, *MINE, "--origin", "example.com/other"), 2) == (3, [
        f"WRONG: The checkpoint is of the log {NAME}, and example.com/other was asked for.",
        "1 thing is wrong. NOT SHOWN: anything of the log example.com/other.",
    ])  # fmt: skip


@pytest.mark.parametrize("words", [
    ("--key", "example.com/deals"), ("--key", "a+00000000+AAAA"), ("--quorum", "1"), ("--quorum", "0"),
    ("--witness", Witness("w", 1).key(), "--quorum", "2"),
])  # fmt: skip
def test_what_cannot_be_asked_ends_with_2(folder: Path, words: tuple[str, ...]):
    assert checked(folder, *words)[0] == 2


def test_a_key_may_be_given_as_its_file(folder: Path):
    (folder.parent / "desk.pub").write_text(f"{KEY.verifier}\n")
    assert ends(checked(folder, "--key", str(folder.parent / "desk.pub"))) == (0, [HOLDS])


# --- what is left out -------------------------------------------------------------------------------------


def paths_of(ledger: Ledger, positions: list[int]) -> bytes:
    head = make(ledger, LAST, KEY)
    told = {str(position): proof(ledger, position, head, None)["path"] for position in positions}
    return canonical({"schema": "deal.proofs/1", "paths": told})


def only(folder: Path, positions: list[int]) -> None:
    """Leaves these entries in the bundle, and no other."""
    lines = (folder / "entries.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "entries.jsonl").write_bytes(b"".join(lines[position - 1] for position in positions))
    changed(folder, entries=len(positions))


def changed(folder: Path, **values: object) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, **values}))


def test_entries_that_were_withheld_are_missed(ledger: Ledger, folder: Path):
    """An honest signature, and half of the log with a path for each: that is no bundle of all deals."""
    only(folder, [1, 2, 3, 4])
    code, said = checked(folder, *MINE)
    assert code == 3
    assert "WRONG: The checkpoint is of 9 entries, and 4 are here: some were left out." in said
    assert "of all deals" not in said
    (folder / "proofs.json").write_bytes(paths_of(ledger, [1, 2, 3, 4]))
    code, said = checked(folder, *MINE)
    assert code == 3
    assert "WRONG: proofs.json is not of a bundle of all deals: entries may have been left out." in said
    assert "of all deals;" not in said


def test_all_deals_is_said_only_of_all(folder: Path):
    assert f"9 entries of all deals; checkpoint of {NAME}: #9" in checked(folder, *MINE)[1]


def test_the_bundle_of_one_deal_says_what_it_cannot_show(ledger: Ledger, tmp_path: Path):
    code, said = checked(bundled(ledger, tmp_path, KEY, "nur"), *MINE)
    assert ends((code, said)) == (0, [HOLDS])
    assert said.splitlines()[:2] == [
        f"3 entries of nur; checkpoint of {NAME}: #9",
        "A bundle of one deal cannot show that the log holds no other entry of it: only one of all deals can.",
    ]


def test_the_bundle_of_one_deal_holds_that_deal_and_has_its_paths(ledger: Ledger, tmp_path: Path):
    folder = bundled(ledger, tmp_path, KEY, "nur")  # it has #2, #6 and #7
    whole = (folder / "entries.jsonl").read_bytes()
    for paths, sentence in (
        ([2, 6, 7, 8], "WRONG: proofs.json has paths of entries that are not here: 8."),
        ([2, 6], "WRONG: #7 is not in the log of the checkpoint: its line or its path was changed."),
    ):
        (folder / "proofs.json").write_bytes(paths_of(ledger, paths))
        assert sentence in checked(folder, *MINE)[1].splitlines()
    (folder / "proofs.json").write_bytes(paths_of(ledger, [2, 6, 7]))
    changed(folder, deal="acme-bolt")
    said = checked(folder, *MINE)[1].splitlines()
    assert "WRONG: manifest.json says that the bundle is of acme-bolt, and no entry is." in said
    assert "WRONG: #2 is of nur, and the bundle of acme-bolt." in said
    changed(folder, deal="nur")
    (folder / "entries.jsonl").write_bytes(b"".join(whole.splitlines(keepends=True)[1:]))
    assert "WRONG: #6 is entry 2 of nur, out of turn." in checked(folder, *MINE)[1].splitlines()


@pytest.mark.parametrize(("values", "sentence"), [
    ({"schema": "deal.bundle/2"}, "manifest.json says deal.bundle/2 as its schema, and it is deal.bundle/1."),
    ({"entries": 8}, "manifest.json says 8 as its entries, and it is 9."),
    ({"head": {"position": 9, "root": "x"}}, "manifest.json says {'position': 9, 'root': 'x'} as its head, and it is"),
    ({"state_sha256": "0" * 64}, "manifest.json says another SHA-256 of state.jsonl than the books have."),
    ({"deal": ""}, "It cannot be read to its end: ValueError: manifest.json names no deal, and does not say that"),
])  # fmt: skip
def test_the_manifest_is_held_against_the_rest(folder: Path, values: dict[str, object], sentence: str):
    changed(folder, **values)
    code, said = checked(folder, *MINE)
    assert code == 3
    assert any(line.startswith(f"WRONG: {sentence}") for line in said.splitlines()), said


def test_a_file_that_no_entry_names_is_found(folder: Path):
    (folder / "attachments" / ("0" * 64)).write_text("another")
    (folder / "letter.txt").write_text("mine")
    code, said = checked(folder, *MINE)
    assert code == 3
    assert f"WRONG: The file attachments/{'0' * 64} is named by no entry." in said
    assert "Not looked at, because no bundle has such files: letter.txt" in said


def test_damage_anywhere_in_a_bundle_is_found(ledger: Ledger, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Or it is in what nobody vouches for, or between the words of the manifest."""
    bundled(ledger, tmp_path, KEY)
    good, spoilt, chance = (tmp_path / "audit.zip").read_bytes(), tmp_path / "spoilt.zip", random.Random(20)
    policy = Policy([public_key(str(KEY.verifier))])
    whole = members(tmp_path / "audit.zip")
    endings = Counter()
    for _ in range(150):
        if chance.random() < 0.7:
            within(good, chance, spoilt)
        else:
            spoilt.write_bytes(changed_bytes(good, chance))
        code = script.told(str(spoilt), policy)
        endings[code] += 1
        assert all(c.isprintable() or c == "\n" for c in capsys.readouterr().out)
        if code == 0:
            there = members(spoilt)
            differ = {name for name in whole.keys() | there.keys() if whole.get(name) != there.get(name)}
            assert differ <= {"README.txt", "check.py", "manifest.json"}
            assert json.loads(there["manifest.json"]) == json.loads(whole["manifest.json"])
    assert endings[3] > 100


def members(bundle: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(bundle) as file:
        return {name: file.read(name) for name in file.namelist()}


# --- what is there twice ----------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(("name", "sentence"), [
    ("entries.jsonl", "it holds two files 'entries.jsonl': one was added"),
    ("manifest.json", "it holds two files 'manifest.json': one was added"),
    ("json.py", "a bundle has no file 'json.py': it was added"),
])  # fmt: skip
def test_a_zip_file_holds_each_file_of_a_bundle_once(folder: Path, name: str, sentence: str):
    with zipfile.ZipFile(folder.parent / "audit.zip", "a") as file:
        file.writestr(name, b"{}")
    code, said = checked(folder, "../audit.zip", *MINE)
    assert code == 3
    assert f"WRONG: It cannot be read to its end: ValueError: {sentence}" in said.splitlines()


@pytest.mark.parametrize("name", ["manifest.json", "entries.jsonl"])
def test_json_that_says_a_thing_twice_is_refused(folder: Path, name: str):
    text = (folder / name).read_text()
    (folder / name).write_text(text.replace("{", '{"deal":null,', 1))
    code, said = checked(folder, *MINE)
    assert code == 3
    assert "'deal' stands twice in one JSON object" in said


def test_a_proof_that_says_a_thing_twice_is_refused(ledger: Ledger, tmp_path: Path):
    (tmp_path / "check.py").write_bytes(check_py())
    told = canonical(proof(ledger, 3, make(ledger, LAST, KEY), None))
    (tmp_path / "proof.json").write_bytes(told.replace(b"{", b'{"index":3,', 1))
    code, said = checked(tmp_path, "proof.json", *MINE)
    assert code == 3
    assert "'index' stands twice in one JSON object" in said


# --- what is printed --------------------------------------------------------------------------------------

OBEYED = "\x1b[2J\x9b1m\r\b\u202e\u2028\nAll of it holds.\n"


def lines_of(done: tuple[int, str]) -> list[str]:
    lines = done[1].split("\n")
    assert all(c.isprintable() for line in lines for c in line), lines
    return lines


def spoil_manifest(folder: Path) -> None:
    changed(folder, deal=OBEYED, schema=OBEYED, head=OBEYED)


def spoil_origin(folder: Path) -> None:
    note = folder / "checkpoint.txt"
    note.write_text(OBEYED.replace("\n", "").replace("\r", "") + note.read_text())


def spoil_signer(folder: Path) -> None:
    with (folder / "checkpoint.txt").open("a") as note:
        note.write("— evil\x9b\u202e AAAAAAAA\n")


def spoil_names(folder: Path) -> None:
    (folder / "evil\x1b[2J\nAll of it holds.\n").write_text("x")


def spoil_proof(folder: Path) -> None:
    (folder / "proofs.json").write_text("{")
    (folder / "state.jsonl").write_text(OBEYED)


@pytest.mark.parametrize("spoil", [spoil_manifest, spoil_origin, spoil_signer, spoil_names, spoil_proof])
def test_nothing_that_a_terminal_would_obey_is_printed(folder: Path, spoil: Callable[[Path], None]):
    spoil(folder)
    for words in (MINE, ()):
        assert HOLDS not in lines_of(checked(folder, *words))[:-2]


def test_a_title_cannot_speak_for_check_py(ledger: Ledger, tmp_path: Path):
    """Whoever keeps a log can put into it what the ledger would refuse."""
    opening = draft_of({"event": "open", "deal": "evil", "dated": "2025-01-01", "party": ["A", "B"]}).event
    entry = Entry("evil", 1, msgspec.structs.replace(opening, title=f"x{OBEYED}"))
    ledger.entries.insert_events([ledger.mapper.to_stored_event(entry)], by="nobody", keys=[None])
    write(ledger, make(ledger, LAST + 1, None), tmp_path / "audit.zip")
    done = checked(unpacked(tmp_path / "audit.zip", tmp_path / "empty"))
    assert done[0] == 0
    assert HOLDS not in lines_of(done)
    assert any(line.startswith("x\\u001b[2J\\u009b1m") for line in lines_of(done))


# --- what is imported -------------------------------------------------------------------------------------


ALSO = ("__future__", "_decimal", "_json", "struct", "shutil", "threading", "gettext", "numbers")


@pytest.mark.parametrize("python", pythons())
def test_nothing_beside_it_is_imported(folder: Path, python: str):
    """Without -I, started in the folder and from outside, and with the folder in PYTHONPATH (as a trailing colon)."""
    imports = [node for node in ast.walk(ast.parse(check_py())) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in imports if isinstance(node, ast.ImportFrom)}
    for name in {*names, *ALSO} - {"os", "sys"}:
        (folder / f"{name}.py").write_text("raise SystemExit('All of it holds.')\n")
    for cwd, program in ((folder, "check.py"), (folder.parent, f"{folder.name}/check.py")):
        # -S: what an installation imports before any program begins is not check.py's to prevent.
        for flags, more in (((), {}), (("-S",), {"PYTHONPATH": os.pathsep})):
            command = [python, *flags, program, *MINE]
            run = subprocess.run(command, cwd=cwd, capture_output=True, env={"PATH": "", **more}, timeout=60)
            said = run.stdout.decode().splitlines()
            assert (run.returncode, said[:1], said[-1:]) == (
                0, [f"9 entries of all deals; checkpoint of {NAME}: #9"], [HOLDS],
            ), run.stderr  # fmt: skip


def test_its_parts_import_each_other_and_the_library_only():
    for name in ("apart", *PARTS):
        for node in ast.walk(ast.parse((FOLDER / f"{name}.py").read_text(), feature_version=(3, 8))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for module in modules:
                assert module.startswith("projections.check.") or module.split(".")[0] in sys.stdlib_module_names


def test_it_is_one_file_that_the_oldest_python_reads():
    program = check_py()
    assert program == check_py()
    ast.parse(program, feature_version=(3, 8))
    assert b"projections" not in program
    assert program.startswith(b"#!/usr/bin/env python3\n")
