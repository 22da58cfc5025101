"""Proving on the command line: what a desk, an auditor and a counterparty do, exit codes, JSON, files."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from ledger.sqlite import TRIGGERS
from projections.assembled import check_py
from tests.cli.test_commands import DEAL, GIVEN, HOUSE, deal, process
from tests.projections.test_bundle import checked, unpacked
from tests.signers import Witness

HISTORY = ["init", *GIVEN]


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """A folder with a ledger of twelve entries, and a file to attach."""
    for command in HISTORY:
        assert deal(command, tmp_path).exit_code == 0, command
    (tmp_path / "paper.txt").write_text("twenty percent")
    return tmp_path


def tampered(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "deals.db")) as connection:
        for trigger in TRIGGERS:
            connection.execute(f"DROP TRIGGER {trigger.split()[2]}")
        connection.execute(statement)
        for trigger in TRIGGERS:
            connection.execute(trigger)
        connection.commit()


LOWERED = "UPDATE entries SET data = replace(data, '20%', '12%') WHERE position = 1"


def test_verify_says_that_all_is_well_or_what_is_not(there: Path):
    done = deal("verify --json", there)
    answer = json.loads(done.stdout)
    assert (done.exit_code, answer["schema"], answer["sound"], answer["entries"]) == (0, "deal.verify/1", True, 12)
    head = json.loads(deal("show openai-microsoft --on 2025-01-01 --json", there).stdout)["head"]
    assert answer["head"] == head
    tampered(there, LOWERED)
    done = deal("verify --json", there)
    answer = json.loads(done.stdout)
    assert (done.exit_code, answer["sound"]) == (3, False)
    [difference] = answer["differences"]
    assert (difference["check"], difference["position"]) == ("line", 1)
    assert len(difference["stored"]) == len(difference["expected"]) == 64
    done = deal("verify", there)
    assert done.exit_code == 3
    assert done.stdout.startswith(
        "#1 was changed: its line does not have the hash that was stored with it.\n    stored:"
    )
    assert done.stderr == "1 difference found in 12 entries.\n"
    assert deal("verify --csv", there).stdout.startswith("check,position,says,stored,expected\nline,1,")


def test_verify_rebuilds_a_projection_that_differs(there: Path):
    assert deal("share --on 2025-01-01", there).exit_code == 0
    tampered(there, "DELETE FROM shares_1_claims WHERE entry = 12")
    assert deal("verify", there).exit_code == 3
    assert deal("verify --rebuild", there).exit_code == 0
    assert deal("verify", there).exit_code == 0


def test_a_checkpoint_is_kept_and_holds_until_history_is_rewritten(there: Path):
    public = deal("key new example.com/deals", there).stdout.strip()
    key = there / "config" / "deal" / "keys" / "example.com_deals.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert public not in key.read_text()
    done = deal("checkpoint --key example.com/deals --recorded '#8'", there)
    assert (done.exit_code, done.stderr) == (0, "Kept in the ledger; signed by example.com/deals.\n")
    (there / "kept").write_text(done.stdout)
    done = deal("checkpoint --verify kept", there)
    assert (done.exit_code, done.stderr) == (0, "The signature of example.com/deals is right.\n")
    assert done.stdout == "The log of #8 in this checkpoint is the beginning of the log here, which ends at #12.\n"
    tampered(there, LOWERED)
    done = deal(f"checkpoint --verify kept --signed-by {public} --json", there)
    answer = json.loads(done.stdout)
    assert (done.exit_code, answer["sound"], answer["signatures_checked"]) == (3, False, ["example.com/deals"])
    assert answer["differences"][0]["says"] == (
        "History was rewritten: the checkpoint kept elsewhere (of #8, signed by example.com/deals) has another root "
        "than the entries that are there now."
    )


def test_an_unsigned_checkpoint_says_so(there: Path):
    done = deal("checkpoint", there)
    assert done.stdout.splitlines()[3] == "unsigned: whoever has this file may have written it"
    assert done.stderr == "Kept in the ledger; not signed: sign it with --key, see deal key new.\n"
    (there / "kept").write_text(done.stdout)
    done = deal("checkpoint --verify kept", there)
    assert (done.exit_code, done.stderr) == (
        0,
        "The checkpoint is not signed: whoever had the file may have written it.\n",
    )
    assert done.stdout.splitlines()[-1] == "Consistent with the log here; signed by nobody you named."


def test_a_key_that_was_given_has_to_have_signed(there: Path):
    public = deal("key new example.com/deals --out desk.key", there).stdout.strip()
    (there / "kept").write_text(deal("checkpoint", there).stdout)
    done = deal(f"checkpoint --verify kept --signed-by {public}", there)
    assert (done.exit_code, done.stderr.splitlines()) == (3, [
        "The checkpoint is not signed: whoever had the file may have written it.",
        "The checkpoint is not signed with the key of example.com/deals that was given.",
    ])  # fmt: skip
    assert done.stdout.splitlines() == [
        "The log of #12 in this checkpoint is the beginning of the log here, which ends at #12.",
        "NOT SHOWN: that example.com/deals signed it.",
    ]
    answer = json.loads(deal("checkpoint --verify kept --signed-by desk.pub --json", there).stdout)
    assert (answer["sound"], answer["signatures_checked"]) == (False, [])
    assert [difference["check"] for difference in answer["differences"]] == ["signature"]
    assert deal("key new example.com/other --out other.key", there).exit_code == 0
    (there / "kept").write_text(deal("checkpoint --key other.key", there).stdout)
    done = deal("checkpoint --verify kept --signed-by desk.pub --signed-by other.pub", there)
    assert done.exit_code == 3
    assert done.stdout.splitlines()[-1] == "NOT SHOWN: that example.com/deals signed it."
    assert deal("checkpoint --verify kept --signed-by other.pub", there).exit_code == 0
    done = deal("checkpoint --verify kept", there)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1] == "Consistent with the log here; signed by nobody you named."


def test_so_many_witnesses_have_to_have_cosigned(there: Path):
    assert deal("key new example.com/deals --out desk.key", there).exit_code == 0
    one, two = Witness("witness.example/1", 1), Witness("witness.example/2", 2)
    note = deal("checkpoint --key desk.key", there).stdout
    (there / "kept").write_text(one.cosigns(note))
    asked = f"checkpoint --verify kept --signed-by desk.pub --witness {one.key()} --witness {two.key(1)}"
    done = deal(f"{asked} --quorum 1", there)
    assert done.exit_code == 0
    assert done.stderr.splitlines()[-1] == "The signature of witness.example/1 is right."
    done = deal(asked, there)
    assert done.exit_code == 3
    assert done.stderr.splitlines()[-1] == (
        "Of the witnesses that were given, 1 cosigned the checkpoint, and 2 have to."
    )
    assert done.stdout.splitlines()[-1] == "NOT SHOWN: that 2 of the witnesses saw it."
    (there / "kept").write_text(two.cosigns(one.cosigns(note)))
    assert deal(asked, there).exit_code == 0
    assert deal(f"{asked} --quorum 3", there).exit_code == 2
    assert deal("checkpoint --verify kept --origin example.com/deals", there).exit_code == 0
    done = deal("checkpoint --verify kept --origin example.com/other", there)
    assert done.exit_code == 3
    assert done.stdout.splitlines()[-1] == "NOT SHOWN: anything of the log example.com/other."


def test_cosignatures_travel_in_a_bundle(there: Path):
    assert deal("key new example.com/deals --out desk.key", there).exit_code == 0
    witness = Witness("witness.example/1", 1)
    (there / "kept").write_text(witness.cosigns(deal("checkpoint --key desk.key", there).stdout))
    assert deal("bundle --checkpoint kept", there).exit_code == 0
    folder = unpacked(there / "audit.zip", there / "empty")
    code, said = checked(folder, "--key", "../desk.pub", "--witness", witness.key())
    assert (code, said.splitlines()[-1]) == (0, "All of it holds.")


def test_verify_says_up_to_where_the_checkpoints_on_file_are_signed(there: Path):
    for name in ("desk", "other"):
        assert deal(f"key new example.com/{name} --out {name}.key", there).exit_code == 0
    assert deal("checkpoint --key desk.key --recorded '#8'", there).exit_code == 0
    assert deal("checkpoint", there).exit_code == 0
    done = deal("verify --signed-by desk.pub", there)
    assert done.exit_code == 0
    assert done.stderr.splitlines()[-1] == (
        "Those who were given signed the checkpoint on file at #8; 4 entries came after it."
    )
    done = deal("verify --signed-by other.pub", there)
    assert (done.exit_code, done.stdout) == (3, "No checkpoint on file is signed by those who were given.\n")
    assert done.stderr.splitlines()[-1] == "NOT SHOWN: that those who were given signed any checkpoint on file."


def test_an_empty_log_is_the_beginning_of_every_log(tmp_path: Path):
    assert deal("init", tmp_path).exit_code == 0
    (tmp_path / "kept").write_text(deal("checkpoint", tmp_path).stdout)
    assert deal(GIVEN[0], tmp_path).exit_code == 0
    done = deal("prove 1 --since kept", tmp_path)
    assert (done.exit_code, json.loads(done.stdout)["since"]["path"]) == (0, [])
    (tmp_path / "proof.json").write_text(done.stdout)
    (tmp_path / "check.py").write_bytes(check_py())
    assert checked(tmp_path, "proof.json")[0] == 0
    forged = json.loads(done.stdout)
    forged["since"]["checkpoint"] = forged["since"]["checkpoint"].replace("47DEQpj8", "57DEQpj8")
    (tmp_path / "proof.json").write_text(json.dumps(forged))
    assert checked(tmp_path, "proof.json")[0] == 3
    assert deal("checkpoint --verify kept", tmp_path).exit_code == 0


def test_a_log_that_is_not_the_one_that_was_signed_is_not_signed(there: Path):
    assert deal("key new example.com/deals --out desk.key", there).exit_code == 0
    assert deal("checkpoint --key desk.key", there).exit_code == 0
    assert deal("init --ledger another.db", there).exit_code == 0
    for command in ("checkpoint", "bundle"):
        done = deal(f"{command} --key desk.key --ledger another.db", there)
        assert (done.exit_code, done.stdout) == (3, "")
        assert done.stderr.startswith("deal: The key of example.com/deals signed #12 of the log 'example.com/deals'")
    assert not (there / "audit.zip").exists()


def test_a_bundle_takes_the_place_of_nothing_but_a_file(there: Path):
    os.mkfifo(there / "pipe")
    done = deal("bundle -o pipe", there)
    assert (done.exit_code, done.stderr) == (
        1, "deal: pipe is no ordinary file, and it stays as it is. Give the name of a file to be written.\n",
    )  # fmt: skip
    assert stat.S_ISFIFO((there / "pipe").stat().st_mode)


def test_a_key_that_is_not_there_is_said(there: Path):
    done = deal("checkpoint --key nobody", there)
    path = there / "config" / "deal" / "keys" / "nobody.key"
    assert done.exit_code == 1
    assert done.stderr == f"deal: There is no key 'nobody' at {path}. Make it with: deal key new nobody\n"


def test_a_proof_says_all_that_is_needed(there: Path):
    (there / "kept").write_text(deal("checkpoint --recorded '#5'", there).stdout)
    done = deal("prove 7 --since kept", there)
    told = json.loads(done.stdout)
    assert (done.exit_code, list(told)) == (0, ["schema", "entry", "index", "path", "checkpoint", "since"])
    assert (told["index"], json.loads(told["entry"])["position"]) == (6, 7)
    rewritten = (there / "kept").read_text().splitlines()
    rewritten[2] = "A" * 43 + "="
    (there / "kept").write_text("\n".join(rewritten) + "\n\n")
    done = deal("prove 7 --since kept", there)
    assert done.exit_code == 3
    assert done.stderr == (
        "deal: The log of #5 in the earlier checkpoint is not the beginning of this one of #12: history was rewritten, "
        "or the two are of different logs. Compare with: deal checkpoint --verify FILE\n"
    )
    assert deal("prove 99", there).exit_code == 1


def test_a_file_is_attached_travels_and_is_checked(there: Path):
    done = deal(
        'amend openai-microsoft --dated 2025-05-05 --drop preview --source "title=Paper" --attach paper.txt', there
    )
    assert done.exit_code == 0, done.stderr
    [kept] = (there / "deals.db.files").iterdir()
    assert kept.read_text() == "twenty percent"
    line = json.loads(deal("export --from 13", there).stdout)
    assert line["data"]["sources"] == [
        {"title": "Paper", "attachment": {"sha256": kept.name, "size": 14, "name": "paper.txt"}}
    ]
    assert deal("bundle -o audit.zip", there).exit_code == 0
    assert deal("import audit.zip --ledger copy.db", there).stdout == "#13\n"
    assert deal("verify --ledger copy.db", there).exit_code == 0
    kept.write_text("twelve percent")
    assert deal("verify", there).exit_code == 3
    assert deal("amend openai-microsoft --drop share --attach nowhere.pdf", there).exit_code == 1


def test_a_dry_run_keeps_no_file(there: Path):
    done = deal("amend openai-microsoft --dated 2025-05-05 --drop preview --attach paper.txt --dry-run", there)
    assert done.exit_code == 0
    assert not (there / "deals.db.files").exists()


def test_replay_prints_the_same_digest_and_what_each_entry_changed(there: Path):
    done = deal("replay openai-microsoft --steps", there)
    assert done.exit_code == 0
    assert "#12 openai-microsoft PlanAnnounced\n    revenue_share, 2030-01-01 to 2030-12-31: " in done.stdout
    digest = done.stdout.splitlines()[-1]
    answer = json.loads(deal("replay --json", there).stdout)
    assert (answer["schema"], answer["digest"], answer["sound"]) == ("deal.replay/1", digest, True)
    assert deal("replay --to '#3'", there).stdout != f"{digest}\n"
    assert deal("replay --steps --csv", there).stdout.startswith("position,recorded_at,event,deal,key,from,through,")
    assert deal("replay --to '#3' --recorded 2026", there).exit_code == 2
    assert deal("replay nobody", there).exit_code == 4


@pytest.mark.parametrize("command", ["show openai-microsoft --on 2025-01-01", "share --on 2025-01-01 --party OpenAI"])
def test_a_saved_answer_is_held_against_the_log(there: Path, command: str):
    saved = deal(f"{command} --json", there).stdout
    (there / "answer.json").write_text(saved)
    assert deal("affirm openai-microsoft 'It still stands.'", there).exit_code == 0
    assert deal(f"{command} --json --recorded '#12'", there).stdout == saved
    done = deal("replay --answer answer.json", there)
    assert (done.exit_code, done.stderr) == (0, "answer.json is what the entries say, recorded by #12.\n")
    (there / "answer.json").write_text(saved.replace("0.2", "0.1"))
    done = deal("replay --answer answer.json --json", there)
    assert (done.exit_code, json.loads(done.stdout)["sound"]) == (3, False)


def test_a_ledger_that_may_only_be_read_can_be_checked(there: Path):
    import os

    (there / "deals.db").chmod(0o444)
    there.chmod(0o555)
    try:
        if os.access(there / "deals.db", os.W_OK):
            pytest.skip("this user may write everywhere")
        assert deal("verify", there).exit_code == 0
        assert deal("replay", there).exit_code == 0
        assert "it is not kept there" in deal("checkpoint", there).stderr
    finally:
        there.chmod(0o755)


def test_a_terminal_shows_how_far_a_check_is(there: Path):
    import os
    import pty
    import subprocess

    leader, follower = pty.openpty()
    command = [*DEAL, "verify"]
    run = subprocess.Popen(command, cwd=there, env={**os.environ, "PYTHONPATH": str(HOUSE), "TERM": "xterm"},
                           stdout=subprocess.PIPE, stderr=follower)  # fmt: skip
    out, _ = run.communicate(timeout=60)
    os.close(follower)
    shown = os.read(leader, 10_000).decode()
    os.close(leader)
    assert (run.returncode, out) == (0, b"")
    assert "Checking" in shown
    assert "100%" in shown
    assert "100%" not in deal("verify", there).stderr


def test_the_commands_of_others_are_not_slowed_by_keys(there: Path):
    run = process(there, "amend", "--help")
    assert run.wait(30) == 0
    script = "import sys, cli.main, cli.options, cli.entry; print('cryptography' in sys.modules)"
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
