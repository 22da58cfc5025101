"""Files of instruments: all that is wrong at once, nothing twice, and the way out and in again."""

# ruff: noqa: E501 - a refusal is compared as it is shown, line by line

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.errors import Refusal
from ledger.exchange import draft_line, drafts_of, export_lines
from tests.desk import OPEN, Desk

TOML = """
[[instrument]]
event = "amend"
deal = "acme-bolt"
dated = 2024-02-01
pays = "Acme -> Bolt as share: 5% of revenue"
"""

LINE = '{"deal":"acme-bolt","event":"NothingChanged","data":{"dated":"2024-02-01","statement":"It stands."}}\n'


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, OPEN)


def recorded(desk: Desk, folder: Path, content: str | bytes, name: str = "file") -> list[tuple[int, bool]]:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return [(told.entry.position, told.already) for told in desk.ledger.record(drafts_of(path), "Dana")]


def refused(desk: Desk, folder: Path, content: str | bytes, name: str = "file") -> str:
    with pytest.raises(Refusal) as refusal:
        recorded(desk, folder, content, name)
    assert desk.ledger.entries.head() == 1
    assert refusal.value.exit_code == 1
    return str(refusal.value).replace(f"{folder}/", "")


# --- nothing twice ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [TOML, LINE], ids=["TOML", "JSON Lines"])
def test_a_file_recorded_again_records_nothing_twice(content, desk, tmp_path):
    assert recorded(desk, tmp_path, content) == [(2, False)]
    assert recorded(desk, tmp_path, content, "renamed") == [(2, True)]


@pytest.mark.parametrize("content", [TOML, LINE], ids=["TOML", "JSON Lines"])
def test_two_alike_in_one_file_are_two(content, desk, tmp_path):
    assert recorded(desk, tmp_path, content) == [(2, False)]
    assert recorded(desk, tmp_path, content * 2) == [(2, True), (3, False)]
    assert recorded(desk, tmp_path, content * 2) == [(2, True), (3, True)]


def test_a_file_that_grew_records_what_is_new(desk, tmp_path):
    assert recorded(desk, tmp_path, TOML) == [(2, False)]
    assert recorded(desk, tmp_path, TOML.replace("5%", "6%") + TOML) == [(3, False), (2, True)]


def test_references_by_key_reach_within_a_file_and_into_the_ledger(desk, tmp_path):
    story = (
        TOML.replace('"amend"', '"plan"\nkey = "p"')
        + """
[[instrument]]
event = "adopt"
deal = "acme-bolt"
dated = 2024-03-01
plan = "p"
key = "a"
[[instrument]]
event = "void"
deal = "acme-bolt"
entry = "a"
reason = "not signed"
[[instrument]]
event = "withdraw"
deal = "acme-bolt"
dated = 2024-04-01
plan = "p"
"""
    )
    assert recorded(desk, tmp_path, story) == [(2, False), (3, False), (4, False), (5, False)]
    assert recorded(desk, tmp_path, story) == [(2, True), (3, True), (4, True), (5, True)]
    by_number = '[[instrument]]\nevent = "void"\ndeal = "acme-bolt"\nentry = 5\nreason = "not signed"\n'
    assert recorded(desk, tmp_path, by_number) == [(6, False)]


def test_what_a_dry_run_prints_is_recorded_as_the_same_events(desk, tmp_path):
    story = TOML.replace('"amend"', '"plan"\nkey = "p"') + (
        '[[instrument]]\nevent = "adopt"\ndeal = "acme-bolt"\ndated = 2024-03-01\nplan = "p"\n'
        '[[instrument]]\nevent = "open"\ndeal = "other"\ndated = 2024-03-01\nparty = ["東雲", "שמש"]\n'
    )
    path = tmp_path / "story.toml"
    path.write_text(story)
    dry = desk.ledger.tell(drafts_of(path))
    lines = b"".join(draft_line(told.entry) + b"\n" for told in dry.told)
    assert desk.ledger.entries.head() == 1
    assert recorded(desk, tmp_path, lines, "dry.jsonl") == [(2, False), (3, False), (4, False)]
    assert recorded(desk, tmp_path, story) == [(2, True), (3, True), (4, True)]
    for told, row in zip(dry.told, desk.ledger.entries.all_rows(1), strict=True):
        assert draft_line(told.entry) == draft_line(desk.ledger.entries.at(row[0]))


def test_exported_lines_are_whole_and_in_order(desk, tmp_path):
    recorded(desk, tmp_path, TOML + TOML)
    lines = [json.loads(line) for line in export_lines(desk.ledger.entries.all_rows())]
    assert [line["position"] for line in lines] == [1, 2, 3]
    assert list(lines[0]) == [
        "position", "recorded_at", "recorded_by", "deal", "version", "event", "schema", "key", "data",
    ]  # fmt: skip


# --- all that is wrong, at once ---------------------------------------------------------------------------


def test_all_errors_of_a_toml_file_come_at_once_with_their_lines(desk, tmp_path):
    wrong = """[[instrument]]
event = "amend"
deal = "acme-bolt"
dated = 2024-02-01
pays = "Acme -> Bolt: 5% off revenue"

[[instrument]]
event = "amend"
deal = "acme-bolt"
dated = 2024-02-01T12:00:00
[[instrument]]
event = "amend"
deal = "acme-bolt"
[[instrument]]
event = "emend"
[[instrument]]
event = "amend"
deal = "acme-bolt"
dated = 2024-02-01
survives = "yes"
right = ["Acme: audit", 7]
[[instrument]]
event = "amend"
deal = "acme-bolt"
dated = 2024-02-01
colour = "red"
"""
    assert refused(desk, tmp_path, wrong) == (
        'line 5: pays = "Acme -> Bolt: 5% off revenue"\n'
        "    Column 18 cannot be read: expected an operator such as + or of, or the end of the text.\n"
        "    Acme -> Bolt: 5% off revenue\n"
        "                     ^\n"
        "Write it like this: 20% of revenue every quarter\n"
        "line 10: dated = 2024-02-01T12:00:00\n"
        "    'dated' is '2024-02-01 12:00:00', which is not understood. Give a day, for example 2025-01-21, without a time of day.\n"
        "line 11 (amend acme-bolt): 'amend' needs 'dated'. Give --dated, or in a file dated = ...\n"
        "line 14 (emend ): 'emend' is not a kind of entry. Write event = one of: open, amend, interim, plan, adopt, withdraw, partner add, partner leave, extend, renew, end, met, affirm, report, restate, add, rate, pay, close, reopen, correct, void.\n"
        'line 20: survives = "yes"\n'
        "    'survives' is 'yes', which is not understood. Give true or false.\n"
        'line 26: colour = "red"\n'
        "    'amend' has no field 'colour'. It has: dated, known_since, evidence, source, note, from, through, until, survives, pays, defines, right, commits, nets, drop, pool, term.\n"
        "6 instruments are refused; nothing was recorded."
    )


def test_all_errors_of_a_json_lines_file_come_at_once_with_their_lines(desk, tmp_path):
    wrong = "\n".join([
        "{", '{"deal":"acme-bolt"}', '{"deal":"acme-bolt","event":"Nope","data":{}}', "", LINE.strip(),
        '{"deal":"acme-bolt","event":"NothingChanged","data":{"dated":"2024-02-30","statement":"x"}}',
    ])  # fmt: skip
    assert refused(desk, tmp_path, wrong) == (
        "line 1: {\n"
        '    Input data was truncated. A line looks like this: {"deal":"acme-bolt","event":"Amended","schema":1,"key":null,"data":{...}}; --dry-run prints such lines.\n'
        'line 2: {"deal":"acme-bolt"}\n'
        '    Object missing required field `event`. A line looks like this: {"deal":"acme-bolt","event":"Amended","schema":1,"key":null,"data":{...}}; --dry-run prints such lines.\n'
        'line 3: {"deal":"acme-bolt","event":"Nope","data":{}}\n'
        "    An event 'Nope' of schema version 1 cannot be read: this version of deal does not know it. Use the version of deal that wrote it, or a newer one.\n"
        'line 6: {"deal":"acme-bolt","event":"NothingChanged","data":{"dated":"2024-02-30","statement":"x"}}\n'
        "    An event 'NothingChanged' of schema version 1 cannot be read: Invalid RFC3339 encoded date - at `$.dated`. Use the version of deal that wrote it, or a newer one.\n"
        "4 instruments are refused; nothing was recorded."
    )


def test_all_that_breaks_a_rule_comes_at_once_with_its_line(desk, tmp_path):
    wrong = (
        TOML.replace("Bolt", "Nobody") + TOML + TOML.replace("2024-02-01", "2026-02-01")
        + TOML.replace("acme-bolt", "other")
    )  # fmt: skip
    assert refused(desk, tmp_path, wrong) == (
        "line 2 (amend acme-bolt): 'Nobody' is neither a party nor a pool of acme-bolt, which has Acme, Bolt and Cargo. Check the spelling, or add it first with: deal partner add acme-bolt \"Nobody\"\n"
        "line 14 (amend acme-bolt): The instrument is dated 2026-02-01, and today is 2026-01-01: nobody can have signed or published it yet. Give the day it was signed or published; the day from which it takes effect is --from.\n"
        "line 20 (amend other): There is no deal 'other' in this ledger. List the deals with: deal deals; start one with: deal open other\n"
        "3 instruments are refused; nothing was recorded."
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "file has no instruments in it. A TOML file has one [[instrument]] table each, a JSON Lines file one "
              "line each, as --dry-run prints them."),
        (b"\n \n", "file has no instruments in it. A TOML file has one [[instrument]] table each, a JSON Lines file "
                   "one line each, as --dry-run prints them."),
        (b'title = "deals"\n', "file has no instruments in it. A TOML file has one [[instrument]] table each, a JSON "
                               "Lines file one line each, as --dry-run prints them."),
        (b"instrument = [1]\n", "file has no instruments in it. A TOML file has one [[instrument]] table each, a JSON "
                                "Lines file one line each, as --dry-run prints them."),
        (bytes(range(256)), "file cannot be read: byte 128 is not UTF-8. Check the file and its encoding (UTF-8)."),
        ("[[instrument]]".encode("utf-16"),
         "file cannot be read: byte 0 is not UTF-8. Check the file and its encoding (UTF-8)."),
        (b"a = " + b"[" * 5_000, "file cannot be read: it is nested too deeply. Check the file and its encoding (UTF-8)."),
        (b"payer,payee\n", "file cannot be read: it is not TOML: Expected '=' after a key in a key/value pair (at line "
                           "1, column 6). Check the file and its encoding (UTF-8)."),
    ],
    ids=["empty", "blank", "no table", "no tables", "binary", "UTF-16", "deep", "CSV"],
)  # fmt: skip
def test_a_file_that_is_no_list_of_instruments_says_so(content, sentence, desk, tmp_path):
    assert refused(desk, tmp_path, content) == sentence


def test_a_line_that_is_nested_too_deeply_says_so(desk, tmp_path):
    deep = '{"deal":"acme-bolt","event":"Amended","data":{"a":' + "[" * 100_000 + "]" * 100_000 + "}}"
    assert refused(desk, tmp_path, deep) == (
        'line 1: {"deal":"acme-bolt","event":"Amended","data":{"a":' + "[" * 50 + "…\n"
        "    It is nested too deeply. A line looks like this: "
        '{"deal":"acme-bolt","event":"Amended","schema":1,"key":null,"data":{...}}; --dry-run prints such lines.\n'
        "1 instrument is refused; nothing was recorded."
    )


def test_what_is_no_file_says_so(tmp_path):
    for path, why in ((tmp_path, "Is a directory"), (tmp_path / "none", "No such file or directory")):
        with pytest.raises(Refusal) as refusal:
            drafts_of(path)
        assert str(refusal.value) == f"{path} cannot be read: {why}. Check the file and its encoding (UTF-8)."


@pytest.mark.parametrize("content", [TOML, LINE], ids=["TOML", "JSON Lines"])
def test_a_byte_order_mark_and_other_line_ends_change_nothing(content, desk, tmp_path):
    windows = b"\xef\xbb\xbf" + content.replace("\n", "\r\n").encode()
    assert recorded(desk, tmp_path, windows) == [(2, False)]
    assert recorded(desk, tmp_path, content) == [(2, True)]


def test_a_huge_line_is_a_line(desk, tmp_path):
    huge = LINE.replace("It stands.", "x" * 2_000_000)
    assert recorded(desk, tmp_path, huge) == [(2, False)]
    assert len(desk.ledger.entries.at(2).event.statement) == 2_000_000
