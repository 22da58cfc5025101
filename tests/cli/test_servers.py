"""The commands for ledgers on servers: copy, watch, grants; real servers, real processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count, product
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from cli.main import main
from ledger import attachments, checkpoint
from ledger.address import shown
from ledger.application import Ledger
from ledger.errors import HistoryChanged
from ledger.following import Following
from ledger.grants import grants
from projections.verification import Verification
from tests.books import FORMS, books
from tests.ledger.test_store import amended, opened
from tests.postgres import Server

HOUSE = Path(__file__).parents[2]
DEAL = [sys.executable, "-c", "from cli.main import main; main(prog_name='deal')"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(HOUSE), "DEAL_BY": "Dana"}


def deal(*words: str, ledger: str | None = None, **more: str) -> Result:
    env = {"DEAL_LEDGER": ledger, "DEAL_BY": "Dana", "DEAL_KEY": None, **more}
    return CliRunner(env=env).invoke(main, list(words))


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A ledger in a file, with an attached file and two checkpoints."""
    return str(books(tmp_path_factory.mktemp("story") / "deals.db"))


# --- copy -------------------------------------------------------------------------------------------------

ANSWERS = [
    ("show", "acme-bolt", "--on", "2026-06-30", "--json"),
    ("show", "nur", "--as-of", "2025-12-31", "--json"),
    ("share", "--on", "2027-03-01", "--planned", "--json"),
    ("share", "--recorded", "#4", "--json"),
    ("deals", "--json"),
    ("log", "--json"),
    ("why", "acme-bolt", "share", "--json"),
    ("diff", "--recorded", "#3..#7", "--json"),
    ("upcoming", "--on", "2026-01-01", "--json"),
    ("replay", "--steps", "--json"),
    ("export",),
    ("export", "--cloudevents"),
    ("prove", "#3"),
]


@pytest.mark.parametrize(("source", "target"), [*product(("sqlite", "postgresql"), repeat=2)])
def test_a_copy_answers_to_the_byte_as_what_was_copied(
    source: str, target: str, story: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    numbers = count(1)

    def place(kind: str) -> str:
        server = request.getfixturevalue("postgres") if kind == "postgresql" else None
        return server.fresh() if server else str(tmp_path / f"{next(numbers)}.db")

    first, second = place(source), place(target)
    assert deal("copy", story, first).exit_code == 0
    done = deal("copy", first, second)
    with Ledger(story, "read") as ledger:
        root = checkpoint.parse(checkpoint.kept(ledger.database)[-1][1])
    assert (done.exit_code, done.stdout) == (0, "#9\n")
    assert done.stderr == (
        "9 entries copied, 0 were there before; with 2 checkpoints and 1 attached file. The root is the same at both "
        f"places: {root.note.splitlines()[2]}\n"
    )
    for words in ANSWERS:
        asked = deal(*words, ledger=story)
        assert asked.exit_code == 0, asked.stderr
        assert deal(*words, ledger=second).stdout == asked.stdout, words
    bundles = []
    for number, ledger in enumerate((story, second)):
        bundles.append(tmp_path / f"{number}.zip")
        assert deal("bundle", "-o", str(bundles[-1]), ledger=ledger).exit_code == 0
    assert bundles[0].read_bytes() == bundles[1].read_bytes()
    assert deal("verify", ledger=second).exit_code == 0


def test_a_copy_takes_the_rest_and_says_it_as_json(story: str, fresh: Callable[[], str], tmp_path: Path) -> None:
    half, target = str(books(tmp_path / "half.db", 5)), fresh()
    assert deal("copy", half, target).exit_code == 0
    shutil.copy(story, tmp_path / "deals.db")  # without its attached file
    done = deal("copy", story, target, "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert {name: told[name] for name in told if name not in ("head", "from", "to")} == {
        "schema": "deal.copied/1", "already": 5, "added": 4, "checkpoints": 2, "attachments": 1, "beyond": 0,
    }  # fmt: skip
    assert (told["from"], told["to"], told["head"]["position"]) == (story, target, 9)
    assert json.loads(deal("copy", story, target, "--json").stdout)["added"] == 0
    done = deal("copy", half, target)
    assert "5 were there before" in done.stderr
    assert "The root is the same at both places up to #5: " in done.stderr
    assert done.stderr.endswith(f"\n{target} has 4 entries more, which {half} has not.\n")


def test_a_copy_into_another_history_is_refused_and_leaves_it_alone(story: str, fresh: Callable[[], str]) -> None:
    target = fresh()
    with Ledger(target, "create") as ledger:
        ledger.record([opened("other")], "")
    done = deal("copy", story, target)
    assert done.exit_code == 3
    assert "The two logs part at #1" in done.stderr
    with Ledger(target, "read") as ledger:
        assert [row[3] for row in ledger.entries.all_rows()] == ["other"]


@pytest.mark.parametrize(
    ("attack", "said"),
    [
        ("UPDATE entries SET data = replace(data, '17.5', '71.5') WHERE position = 3",
         "The copy of the 9 entries would have another root than they have where they lie: the tree or a line was "
         "changed there. Nothing was copied. See what is wrong with: deal verify"),
        ("UPDATE entries SET nodes = zeroblob(96) WHERE position = 8",
         "The copy of the 9 entries would have another root than they have where they lie: the tree or a line was "
         "changed there. Nothing was copied. See what is wrong with: deal verify"),
        (None,
         "The attached file {digest} was changed: its SHA-256 is another one. Nothing was copied. See which entry "
         "names it with: deal verify"),
    ],
)  # fmt: skip
def test_what_was_changed_is_not_copied(
    attack: str | None, said: str, tmp_path: Path, fresh: Callable[[], str]
) -> None:
    source, target = books(tmp_path / "deals.db"), fresh()
    (attached,) = (path for path in Path(f"{source}.files").iterdir())
    if attack is None:
        attached.write_text("seventy-one")
    else:
        with sqlite3.connect(source) as raw:
            raw.execute("DROP TRIGGER entries_never_update")
            raw.execute(attack)
    done = deal("copy", str(source), target)
    assert (done.exit_code, done.stderr) == (3, f"deal: {said.format(digest=attached.name)}\n")
    with Ledger(target, "read") as ledger:
        assert (ledger.entries.head(), checkpoint.kept(ledger.database)) == (0, [])


def test_a_bundle_with_files_goes_into_a_server_and_comes_out_the_same(
    story: str, postgres: Server, tmp_path: Path
) -> None:
    bundle, target = tmp_path / "audit.zip", postgres.fresh()
    assert deal("bundle", "-o", str(bundle), ledger=story).exit_code == 0
    assert deal("import", str(bundle), ledger=target).exit_code == 0
    with Ledger(target, "read") as ledger:
        (digest,) = attachments.names(ledger.database)
        assert attachments.content_of(ledger.database, digest) == b"seventeen and one half percent"
        assert not list(Verification(ledger).differences())


def test_the_demo_is_the_same_on_both(postgres: Server, tmp_path: Path) -> None:
    """Recorded on each by itself, with one clock: not copied."""
    from cli.demo import SCENES, STORY
    from ledger.exchange import drafts_of
    from tests.ledger.test_store import NOON

    addresses = [str(tmp_path / "demo.db"), postgres.fresh()]
    for address in addresses:
        with Ledger(address, "create", clock=lambda: NOON) as ledger:
            ledger.record(drafts_of(STORY), by="deal demo")
    import shlex

    for _, command in SCENES:
        words = [*shlex.split(command), "--json"]
        first, second = (deal(*words, ledger=address) for address in addresses)
        assert first.stdout == second.stdout
        assert (first.exit_code, first.stdout[:1]) == (second.exit_code, "{")
    assert deal("export", ledger=addresses[0]).stdout == deal("export", ledger=addresses[1]).stdout


# --- watch ------------------------------------------------------------------------------------------------


def watching(address: str, *words: str) -> subprocess.Popen[str]:
    """One that has begun to watch."""
    watch = subprocess.Popen(
        [*DEAL, "watch", "--ledger", address, *words], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # It is ignored where the tests themselves run in the background.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert watch.stderr is not None
    assert watch.stderr.readline().startswith("Watching from #")
    return watch


def record(address: str, *texts: str) -> None:
    with Ledger(address) as ledger:
        for text in texts:
            ledger.record([amended(text)], "")


@pytest.fixture
def followed(fresh: Callable[[], str]) -> str:
    address = fresh()
    with Ledger(address, "create") as ledger:
        ledger.record([opened(), opened("two")], "")
    return address


def test_a_watch_prints_each_entry_once_as_export_does(followed: str) -> None:
    watch = watching(followed, "--json", "--from", "#2", "--through", "#6")
    assert watch.stdout is not None
    first = watch.stdout.readline()
    record(followed, "a", "b")
    time.sleep(0.3)
    record(followed, "c", "d", "e")
    rest, errors = watch.communicate(timeout=30)
    assert (watch.returncode, errors) == (0, "")
    assert first + rest == "".join(deal("export", ledger=followed).stdout.splitlines(keepends=True)[1:6])


def test_a_watch_as_text_reads_like_the_log(followed: str) -> None:
    record(followed, "a")
    done = deal("watch", "--from", "start", "--through", "3", ledger=followed)
    assert (done.exit_code, done.stdout) == (0, deal("log", ledger=followed).stdout)


def test_a_watch_of_one_deal_begins_now_and_counts(followed: str) -> None:
    record(followed, "before")
    watch = watching(followed, "--deal", "two", "--count", "2", "--json")
    with Ledger(followed) as ledger:
        for text, slug in (("a", "acme-bolt"), ("b", "two"), ("c", "acme-bolt"), ("d", "two"), ("e", "two")):
            ledger.record([amended(text, slug)], "")
    told, _ = watch.communicate(timeout=30)
    assert [json.loads(line)["position"] for line in told.splitlines()] == [5, 7]


def test_ctrl_c_ends_a_watch_cleanly(followed: str) -> None:
    watch = watching(followed, "--from", "start", "--json")
    assert watch.stdout is not None
    assert [json.loads(watch.stdout.readline())["position"] for _ in range(2)] == [1, 2]
    watch.send_signal(signal.SIGINT)
    assert watch.communicate(timeout=30) == ("", "")
    assert watch.returncode == 130


def test_a_watch_ends_when_nobody_reads_it_any_more(followed: str) -> None:
    """Also where nothing more is recorded."""
    watch = watching(followed, "--from", "start", "--json")
    assert watch.stdout is not None
    assert watch.stderr is not None
    watch.stdout.readline()
    watch.stdout.close()
    assert watch.wait(timeout=30) == 0
    assert watch.stderr.read() == ""


@pytest.mark.parametrize("words", [("--from", "twelve"), ("--from", "#0"), ("--through", "x")])
def test_a_position_that_is_none_is_a_slip(words: tuple[str, str], followed: str) -> None:
    done = deal("watch", *words, ledger=followed)
    assert done.exit_code == 2
    assert f"'{words[1]}' does not name an entry. Write its number: '#12'." in done.stderr


def test_a_watch_outlives_the_server_and_leaves_nothing_out() -> None:
    server = Server().make().start()
    address = server.url()
    with Ledger(address, "create") as ledger:
        ledger.record([opened()], "")
    watch = watching(address, "--json", "--from", "start", "--through", "#9")
    assert watch.stdout is not None
    for how in (server.kill, server.stop):
        record(address, "a", "b")
        how()
        time.sleep(0.7)
        server.start()
        record(address, "c", "d")
    told, errors = watch.communicate(timeout=30)
    assert [json.loads(line)["position"] for line in told.splitlines()] == list(range(1, 10))
    assert errors.count("Waiting for it; nothing is left out.") in (1, 2)
    server.throw_away()


class _Patient:
    def wanted(self) -> bool:
        return True

    def gone(self, why: object) -> None:
        pass


def test_a_server_with_another_history_is_not_followed(story: str, tmp_path: Path) -> None:
    """As where a standby is promoted that had not got all: what was told must not be contradicted in silence."""
    with Ledger(story, "read") as ledger, Ledger(str(tmp_path / "other.db"), "create") as other:
        other.record([opened("other"), opened("more")], "")
        following = Following(ledger.entries, 0, _Patient())
        told = following.told(lambda row: row[0])
        assert [next(told), next(told)] == [1, 2]
        following.entries = other.entries
        following.close()
        again = following.told(lambda row: row[0])
        with pytest.raises(HistoryChanged) as refused:
            next(again)
    assert (refused.value.exit_code, str(refused.value)) == (
        3,
        "The server that answers now has another #2 than the one that was told before: it lost what the other server "
        "had acknowledged. Do not go on from there; compare the two with deal verify and deal checkpoint --verify.",
    )


# --- grants -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def roles(postgres: Server, story: str) -> dict[str, str]:
    """Addresses of one ledger for somebody with each of the three roles, and for somebody with none."""
    database = postgres.database()
    assert deal("copy", story, postgres.url(database)).exit_code == 0
    assert deal("share", ledger=postgres.url(database)).exit_code == 0  # makes tables of its own
    done = deal("grants", "--reader", "r", "--writer", "w", "--owner", "o", ledger=postgres.url(database))
    assert done.exit_code == 0
    script = postgres.folder / "roles.sql"
    script.write_text(done.stdout)
    for _ in range(2):  # it may be run again
        postgres.program(
            "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(postgres.folder), "-p", str(postgres.port),
            "-U", "postgres", "-d", database, "-f", str(script),
        )  # fmt: skip
    people = {"reader": "r", "writer": "w", "second writer": "w", "owner": "o", "nobody": None}
    for person, role in people.items():
        postgres.sql(f'CREATE ROLE "{person}" LOGIN', *([f'GRANT {role} TO "{person}"'] if role else []))
    return {person: postgres.url(database, person.replace(" ", "%20")) for person in people}


NO = "InsufficientPrivilege"
# What is tried; and what comes of it for a reader, a writer and an owner.
ATTEMPTS = [
    ("SELECT count(*) > 8 FROM entries", "(True,)", "(True,)", "(True,)"),
    ("SELECT count(*) FROM checkpoints", "(2,)", "(2,)", "(2,)"),
    ("SELECT count(*) > 0 FROM deal_ledger_answers.projections", "(True,)", "(True,)", "(True,)"),
    ("INSERT INTO entries SELECT * FROM entries LIMIT 1", NO, "IntegrityConstraintViolation",
     "IntegrityConstraintViolation"),
    ("UPDATE entries SET data = '{}'", NO, NO, "IntegrityConstraintViolation"),
    ("DELETE FROM entries", NO, NO, "IntegrityConstraintViolation"),
    ("TRUNCATE entries", NO, NO, "IntegrityConstraintViolation"),
    ("INSERT INTO entries SELECT * FROM entries LIMIT 1 ON CONFLICT (position) DO UPDATE SET data = '{}'", NO, NO,
     "IntegrityConstraintViolation"),
    ("SELECT 1 FROM entries FOR UPDATE", NO, NO, "(1,)"),
    ("LOCK TABLE ledger IN EXCLUSIVE MODE", NO, NO, "done"),
    ("SELECT last > 8 FROM take_turn()", NO, "(True,)", "(True,)"),
    ("INSERT INTO checkpoints (note, size) VALUES ('forged', 1)", NO, NO, "done"),
    ("UPDATE checkpoints SET size = 1", NO, NO, "IntegrityConstraintViolation"),
    ("DELETE FROM checkpoints", NO, NO, "IntegrityConstraintViolation"),
    ("INSERT INTO attachments VALUES ('00', 'x')", NO, "CheckViolation", "CheckViolation"),
    ("DELETE FROM attachments", NO, NO, "IntegrityConstraintViolation"),
    ("UPDATE ledger SET format = 2", NO, NO, "IntegrityConstraintViolation"),
    ("INSERT INTO ledger VALUES (2)", NO, NO, "done"),
    ("ALTER TABLE entries DISABLE TRIGGER ALL", NO, NO, "done"),
    ("ALTER TABLE entries DISABLE TRIGGER entries_never_update", NO, NO, "done"),
    ("DROP TRIGGER entries_tell ON entries", NO, NO, "done"),
    ("CREATE OR REPLACE FUNCTION never() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'", NO, NO, "done"),
    ("DROP FUNCTION tell() CASCADE", NO, NO, "done"),
    ("DROP TABLE checkpoints", NO, NO, "done"),
    ("CREATE TABLE deal_ledger.mine (id int)", NO, NO, "done"),
    ("CREATE TABLE deal_ledger_answers.mine (id int)", NO, "done", "done"),
    ("CREATE RULE r AS ON INSERT TO entries DO INSTEAD NOTHING", NO, NO, "done"),
    ("CREATE TRIGGER t BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION never()", NO, NO, "done"),
    ("SET session_replication_role = replica", NO, NO, NO),
    ("SET ROLE o", NO, NO, "done"),
    ("SET ROLE postgres", NO, NO, NO),
    ("ALTER TABLE entries OWNER TO CURRENT_USER", NO, NO, "done"),
    ("DELETE FROM deal_ledger_answers.projections", NO, "done", "done"),
]  # fmt: skip


@pytest.mark.parametrize("who", ["reader", "writer", "owner", "nobody"])
@pytest.mark.parametrize("attempt", ATTEMPTS, ids=[attempt[0][:50] for attempt in ATTEMPTS])
def test_who_may_do_what(who: str, attempt: tuple[str, ...], roles: dict[str, str], postgres: Server) -> None:
    """Each attempt in a transaction that is taken back, so that none stands in another's way."""
    statement, *expected = attempt
    with psycopg.connect(roles[who]) as session:
        session.execute("SET search_path = deal_ledger")
        try:
            cursor = session.execute(statement)
            found = str(cursor.fetchone()) if cursor.description else "done"
        except psycopg.Error as error:
            found = type(error).__name__
        session.rollback()
    if who == "nobody":
        assert found in (NO, "UndefinedTable", "UndefinedFunction", "InvalidSchemaName")
    else:
        assert found == dict(zip(("reader", "writer", "owner"), expected, strict=True))[who]


AMEND = ("amend", "acme-bolt", "--dated", "2025-11-01", "--right", "Acme as {}: one more")


def test_each_role_can_do_its_job(roles: dict[str, str], postgres: Server, story: str) -> None:
    for who in ("writer", "second writer", "owner"):
        amend = [word.format(who.replace(" ", "-")) for word in AMEND]
        assert deal(*amend, ledger=roles[who]).exit_code == 0, who
        assert deal("share", "--json", ledger=roles[who]).exit_code == 0  # keeps the answers up
    for who in ("second writer", "writer"):
        assert deal("verify", "--rebuild", ledger=roles[who]).exit_code == 0  # tables that another one made
    people = [address for who, address in roles.items() if who != "nobody"]
    assert len({deal("share", "--on", "2026-01-01", "--json", ledger=address).stdout for address in people}) == 1
    for who in ("reader", "writer", "owner"):
        for words in (("log",), ("verify",), ("replay",), ("export",), ("show", "acme-bolt")):
            assert deal(*words, ledger=roles[who]).exit_code == 0, (who, words)
    kept = [deal("checkpoint", ledger=roles[who]).stderr.split(";")[0] for who in ("reader", "writer", "owner")]
    assert kept == ["The ledger may only be read: it is not kept there"] * 2 + ["Kept in the ledger"]


def test_a_reader_whose_tables_are_behind_is_answered_from_the_entries(roles: dict[str, str]) -> None:
    before = deal("share", "--on", "2026-01-01", "--json", ledger=roles["reader"])
    amend = ("amend", "acme-bolt", "--dated", "2025-11-02", "--pays", "Acme -> Bolt as extra: 1% of revenue every year")
    assert deal(*amend, ledger=roles["writer"]).exit_code == 0
    behind = deal("share", "--on", "2026-01-01", "--json", ledger=roles["reader"])
    caught_up = deal("share", "--on", "2026-01-01", "--json", ledger=roles["writer"])
    assert (behind.exit_code, behind.stdout) == (0, caught_up.stdout)
    assert behind.stdout != before.stdout


def test_what_a_role_may_not_is_said(roles: dict[str, str]) -> None:
    may_not = (
        "Your role may not write this to the ledger at {}. Ask its owner for the writer's role (deal grants "
        "prints the SQL that gives it); questions can be asked as it is.\n"
    )
    done = deal(*(word.format("x") for word in AMEND), ledger=roles["reader"])
    assert (done.exit_code, done.stderr.partition("deal: ")[2]) == (1, may_not.format(shown(roles["reader"])))
    done = deal("log", ledger=roles["nobody"])
    assert (done.exit_code, done.stderr) == (
        1,
        f"deal: You may not read the ledger at {roles['nobody']}. Ask its owner for the reader's role; deal grants "
        "prints the SQL that gives it.\n",
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--ledger", "deals.db"),
         "deals.db is a file, and a file has no roles: who may do what is said by its permissions. Name a database "
         "with --ledger postgresql:///deals"),
        (("--ledger", "postgresql:///d", "--reader", 'x"; DROP'),
         "'x\"; DROP' cannot be the name of a role here. Give three different names of lower-case letters, digits and "
         "_, for example --writer deal_writer"),
        (("--ledger", "postgresql:///d", "--reader", "a", "--writer", "a"),
         "'a' cannot be the name of a role here. Give three different names of lower-case letters, digits and _, for "
         "example --writer deal_writer"),
    ],
)  # fmt: skip
def test_what_cannot_be_granted_is_said(words: tuple[str, ...], said: str) -> None:
    done = deal("grants", *words)
    assert (done.exit_code, done.stderr) == (2, f"deal: {said}\n")


def test_grants_name_the_schema_of_the_address() -> None:
    script = grants("postgresql:///d?schema=books", "r", "w", "o")
    assert "GRANT SELECT ON ALL TABLES IN SCHEMA books TO r, w;" in script


def test_the_story_is_whole(story: str) -> None:
    assert len(deal("export", ledger=story).stdout.splitlines()) == len(FORMS)
