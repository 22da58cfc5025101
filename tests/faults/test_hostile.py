"""What strangers give: no traceback, no hang, nothing half recorded, and nothing that a terminal or a sheet obeys."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.main import main
from cli.render import _cell, safe, safe_json
from ledger.application import ENTRY_BYTES, Ledger
from ledger.errors import Refusal
from ledger.exchange import drafts_of
from ledger.files import READ_BYTES
from ledger.importing import take
from projections.assembled import check_py
from projections.bundle import write
from projections.proof import make
from tests.books import FORMS, books
from tests.soak.hostile import soak
from tests.soak.kill import unsound

HOUSE = Path(__file__).parents[2]
OPEN = '[[instrument]]\nevent = "open"\ndeal = "acme-bolt"\ndated = "2024-01-15"\nparty = ["Acme", "Bolt"]\n'
NOTHING = "Check the file and its encoding (UTF-8).\n"


def deal(*words: str) -> Result:
    return CliRunner().invoke(main, list(words), catch_exceptions=False)


@pytest.fixture
def address(tmp_path: Path) -> str:
    address = str(tmp_path / "deals.db")
    assert deal("init", "--ledger", address).exit_code == 0
    return address


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return books(tmp_path_factory.mktemp("books") / "deals.db")


@pytest.fixture
def bundle(original: Path, tmp_path: Path) -> Path:
    with Ledger(str(original)) as ledger:
        write(ledger, make(ledger, len(FORMS), None, "books"), tmp_path / "audit.zip")
    return tmp_path / "audit.zip"


def test_good_files_with_something_changed_do_no_harm(tmp_path: Path):
    line = soak(tmp_path, seconds=60, seed=3, times=40)
    assert (line.tried, line.lost) == (40, 0)


# --- files of instruments ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("digits.toml", f"{OPEN}size = {'9' * 5000}", "it is not TOML: Exceeds the limit (4300 digits) for integer "
         "string conversion: value has 5000 digits; use sys.set_int_max_str_digits() to increase the limit"),
        ("parts.toml", f"a{'.a' * 50_000} = 1", "it has names of too many parts"),
        ("deep.toml", f"a = {'[' * 100_000}", "it is nested too deeply"),
        ("nul.toml", f'{OPEN}note = "\0"', "it is not TOML: Illegal character '\\x00' (at line 6, column 9)"),
        ("long.toml", f"# {'x' * (16 << 20)}", "it is longer than 16,777,216 characters"),
        ("binary.toml", bytes(range(256)), "byte 128 is not UTF-8"),
        ("utf16.jsonl", '{"deal":"a"}'.encode("utf-16"), "byte 0 is not UTF-8"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_why(name, content, sentence, address, tmp_path):
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    done = deal("record", str(file), "--ledger", address)
    assert done.stderr == f"deal: {file} cannot be read: {sentence}. {NOTHING}"
    assert done.exit_code == 1


@pytest.mark.parametrize("command", ["record", "import"])
def test_a_pipe_that_nobody_writes_to_is_not_waited_for(command, address, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    done = subprocess.run(
        [sys.executable, "-c", "from cli.main import main; main()",
         command, str(tmp_path / "pipe"), "--ledger", address],
        cwd=HOUSE, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "has no instruments in it" in done.stderr


@pytest.mark.parametrize("command", ["record", "import"])
def test_a_folder_is_not_a_file(command, address, tmp_path):
    done = deal(command, str(tmp_path), "--ledger", address)
    assert done.stderr == f"deal: {tmp_path} cannot be read: Is a directory. {NOTHING}"


def test_what_has_no_end_is_not_read_to_its_end(address):
    done = deal("record", "/dev/zero", "--ledger", address)
    assert done.stderr == (
        f"deal: /dev/zero has more than {READ_BYTES:,} bytes, the most that is read at once. Give it in parts, one "
        "after another.\n"
    )
    done = deal("import", "/dev/zero", "--ledger", address)
    assert "deal: Line 1 is not an entry of a ledger: it has more than 16,777,216 bytes." in done.stderr


def test_an_entry_has_a_largest_size(address, tmp_path):
    (tmp_path / "long.toml").write_text(f'{OPEN}note = "{"x" * ENTRY_BYTES}"')
    done = deal("record", str(tmp_path / "long.toml"), "--ledger", address)
    assert done.stderr == (
        "deal: An entry of acme-bolt would have 4,194,382 bytes, and an entry has at most 4,194,304. Nothing was "
        "recorded. Attach long papers as files (--attach), or enter the instrument in parts.\n"
    )


def test_a_key_has_no_nul_in_it(address, tmp_path):
    (tmp_path / "nul.toml").write_text(f'{OPEN}key = "a\\u0000b"')
    done = deal("record", str(tmp_path / "nul.toml"), "--ledger", address)
    assert "'key' is 'a\\u0000b', which is not understood. Give a text that is not empty, or none." in done.stderr


@pytest.mark.parametrize(("ending", "bom"), [("\n", ""), ("\r\n", ""), ("\n", "\ufeff"), ("\r\n", "\ufeff")])
def test_files_of_other_systems_are_read(ending, bom, address, tmp_path):
    (tmp_path / "theirs.toml").write_bytes((bom + OPEN.replace("\n", ending)).encode())
    assert deal("record", str(tmp_path / "theirs.toml"), "--ledger", address).exit_code == 0


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = (
    "event",
    "deal",
    "dated",
    "party",
    "pays",
    "right",
    "term",
    "key",
    "note",
    "source",
    "entry",
    "through",
    "from",
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(st.sampled_from(NAMES), ANY | st.sampled_from(["open", "amend", "a-b"])), max_size=3))
def test_any_json_is_recorded_or_refused(tmp_path, forms):
    file = tmp_path / "any.jsonl"
    file.write_text(
        "\n".join(json.dumps({"deal": "a-b", "event": "DealOpened", "data": f}, default=str) for f in forms)
    )
    with Ledger(_fresh(tmp_path), "create") as ledger:
        try:
            told = ledger.record(drafts_of(file), "")
        except Refusal:
            assert ledger.entries.head() == 0
        else:
            assert ledger.entries.head() == len(told)


def _fresh(folder: Path) -> str:
    path = folder / "any.db"
    for file in folder.glob("any.db*"):
        file.unlink()
    return str(path)


# --- logs and bundles -------------------------------------------------------------------------------------


def line(**fields: object) -> bytes:
    said = {
        "position": 1, "recorded_at": "2026-01-01T00:00:00.000000Z", "recorded_by": "", "deal": "a", "version": 1,
        "event": "NothingChanged", "schema": 1, "key": None, "data": {"dated": "2024-01-01", "statement": "x"},
        **fields,
    }  # fmt: skip
    return json.dumps(said, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (line().replace(b'{"dated"', b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b',"dated"'),
         "maximum recursion depth exceeded while deserializing an object"),
        (line(recorded_at="9999-12-31T23:59:59.999999Z"), "'9999-12-31T23:59:59.999999Z' is not an instant as the "
         "ledger writes them"),
        (line(recorded_at="2026-99-99T00:00:00.000000Z"), "'2026-99-99T00:00:00.000000Z' is not an instant as the "
         "ledger writes them"),
        (line(recorded_at="2026-01-01P00:00:00.000000Z"), "'2026-01-01P00:00:00.000000Z' is not an instant as the "
         "ledger writes them"),
    ],
)  # fmt: skip
def test_a_line_that_no_ledger_wrote_is_not_imported(content, why, address, tmp_path):
    (tmp_path / "log.jsonl").write_bytes(content + b"\n")
    done = deal("import", str(tmp_path / "log.jsonl"), "--ledger", address)
    assert f"is not an entry of a ledger: {why}. Nothing was imported." in done.stderr
    assert done.exit_code == 1
    assert unsound(address) == []


def packed(bundle: Path, name: str, content: bytes, called: str | None = None, how: int = zipfile.ZIP_STORED) -> Path:
    """The bundle with one member exchanged, renamed or packed otherwise."""
    other = bundle.with_name("other.zip")
    with zipfile.ZipFile(bundle) as old, zipfile.ZipFile(other, "w") as new:
        for member in old.namelist():
            if member == name:
                new.writestr(called or name, content, how)
            else:
                new.writestr(member, old.read(member))
    return other


def imported(file: Path, address: str) -> str:
    done = deal("import", str(file), "--ledger", address)
    assert done.exit_code == 1, done.output
    with Ledger(address, "read") as ledger:
        assert ledger.entries.head() == 0
    assert not Path(f"{address}.files").exists()
    return done.stderr


def test_a_bundle_that_would_grow_is_not_unpacked(bundle, address):
    bomb = packed(bundle, "entries.jsonl", bytes(200 << 20), how=zipfile.ZIP_DEFLATED)
    assert bomb.stat().st_size < 1 << 20
    assert imported(bomb, address) == (
        f"deal: {bomb} cannot be read: it is not as deal bundle wrote it, but packed anew. {NOTHING}"
    )
    script = bomb.with_name("check.py")
    script.write_bytes(check_py())
    checked = subprocess.run([sys.executable, script, bomb], capture_output=True, text=True, timeout=30, check=False)
    assert checked.returncode == 3
    assert "it was packed anew: unpack it with care, and check the folder" in checked.stdout


@pytest.mark.parametrize("called", ["../escaped.txt", "/etc/escaped", "attachments/../../escaped", "attachments/x"])
def test_a_bundle_names_only_files_of_a_bundle(called, bundle, address):
    assert imported(packed(bundle, "README.txt", b"", called), address) == (
        f"deal: {bundle.with_name('other.zip')} cannot be read: a bundle has no file '{called}'. {NOTHING}"
    )


def test_files_of_a_bundle_are_kept_only_when_its_lines_are_right(bundle, original, address):
    name = sha256(b"seventeen and one half percent").hexdigest()
    other = packed(bundle, f"attachments/{name}", b"another paper")
    assert imported(other, address) == (
        f"deal: {other} cannot be read: the file attachments/{name} in it was changed. {NOTHING}"
    )
    torn = packed(bundle, "entries.jsonl", b"{}\n")
    assert "Line 1 is not an entry of a ledger" in imported(torn, address)
    stray = packed(bundle, "README.txt", b"stray", f"attachments/{sha256(b'stray').hexdigest()}")
    with Ledger(address) as ledger:
        take(ledger.database, stray)
    assert [path.name for path in Path(f"{address}.files").iterdir()] == [name]


def test_an_attached_file_is_named_by_its_digest_and_by_nothing_else(address, tmp_path):
    """Or verify would read, and bundle hand out, whatever file of this machine an entry named."""
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    (tmp_path / "evil.toml").write_text(
        f'{OPEN}[[instrument.source]]\nattachment = {{sha256 = "../secret.txt", size = 6, name = "paper.pdf"}}\n'
    )
    done = deal("record", str(tmp_path / "evil.toml"), "--ledger", address)
    assert "'sha256' is '../secret.txt', which is not understood. Give 64 of the digits 0-9 and a-f." in done.stderr
    source = {"attachment": {"sha256": "../secret.txt", "size": 6, "name": "paper.pdf"}}
    said = {"dated": "2024-01-15", "sources": [source], "title": "a", "parties": ["A"]}
    (tmp_path / "log.jsonl").write_bytes(line(event="DealOpened", data=said) + b"\n")
    if deal("import", str(tmp_path / "log.jsonl"), "--ledger", address).exit_code == 0:
        assert unsound(address) == ["The file 'paper.pdf' of #1 is missing: it should lie at ../secret.txt."]
        deal("bundle", "-o", str(tmp_path / "out.zip"), "--ledger", address)
        assert b"secret\n" not in (tmp_path / "out.zip").read_bytes()
        assert [n for n in zipfile.ZipFile(tmp_path / "out.zip").namelist() if n.startswith("attachments")] == []


# --- shown ------------------------------------------------------------------------------------------------


EVIL = "\x1b[2J\x07\x9b31m\u202egnp.exe\u2066\x00\x7f"


def test_what_a_terminal_would_obey_is_shown_as_it_is_written(address, tmp_path):
    said = json.dumps(EVIL)[1:-1]
    (tmp_path / "evil.toml").write_text(f'{OPEN}note = "{said}"\nright = "Acme as audit: may{said} audit"\n')
    assert deal("record", str(tmp_path / "evil.toml"), "--ledger", address).exit_code == 0
    odd = EVIL.replace("\0", "")  # no word of a command line has one
    asked = [
        ("show", "acme-bolt"), ("log",), ("why", "acme-bolt", "audit"), ("deals",), ("replay", "--steps"),
        ("diff", "--recorded", "#0..#1"), ("share",), ("upcoming",), ("show", odd), ("show", "acme-bolt", f"--{odd}"),
    ]  # fmt: skip
    answers = [deal(*words, "--ledger", address).output for words in asked]
    answers += [deal(*words, "--json", "--ledger", address).output for words in asked[:5]]
    answers.append(deal(f"x{odd}").output)
    for command in (("export",), ("log", "--csv"), ("record", str(tmp_path / "evil.toml"), "--dry-run")):
        answers.append(on_a_terminal(*command, "--ledger", address))
    assert [answer for answer in answers if set(answer) & set("\x1b\x07\x9b\u202e\u2066\x00\x7f")] == []
    assert sum("\\u202e" in answer for answer in answers) > 10


def on_a_terminal(*words: str) -> str:
    """What a terminal gets."""
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", "from cli.main import main; main()", *words], cwd=HOUSE, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        process.wait(60)
    said = os.read(ours, 1 << 16)
    os.close(ours)
    return said.decode()


def test_json_says_the_same_in_escapes():
    text = json.dumps({"note": EVIL, "name": "東雲 é 𝄞\U000e0001"}, ensure_ascii=False)
    assert safe_json(text) != text
    assert json.loads(safe_json(text)) == json.loads(text)
    assert "東雲 é 𝄞" in safe_json(text)


def test_a_note_of_several_lines_does_not_look_like_an_entry(address, tmp_path):
    (tmp_path / "note.toml").write_text(f'{OPEN}note = "first\\n#2 acme-bolt EntryVoided, dated 2024-01-16"\n')
    assert deal("record", str(tmp_path / "note.toml"), "--ledger", address).exit_code == 0
    shown = deal("log", "--ledger", address).stdout
    assert [text for text in shown.splitlines() if text.startswith("#")] == [
        "#1 acme-bolt DealOpened, dated 2024-01-15"
    ]


@pytest.mark.parametrize(
    "text",
    ["=cmd()", "+cmd()", "-cmd()", "@cmd()", "\t=cmd()", "\r=cmd()", " =cmd()", "\n=cmd()", "＝cmd()", "\u00a0=cmd()"],
)
def test_a_sheet_runs_no_cell(text):
    assert _cell(text).startswith("'")


@pytest.mark.parametrize("text", ["a\rb", "a\r\nb", 'a"b', "a,b", "a\nb"])
def test_a_cell_stays_one_cell(text):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow([_cell(text), "next"])
    assert list(csv.reader(io.StringIO(out.getvalue(), newline=""))) == [
        [text.replace("\r\n", "\n").replace("\r", "\n"), "next"]
    ]
    assert "\r" not in out.getvalue()


@given(st.text())
def test_what_is_safe_is_printable(text):
    assert all(c.isprintable() or c in "\n\u200c\u200d" for c in safe(text))
