"""The command `deal`: one group, whose commands are loaded when they are called."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

# name: (module, its first help line); so that help and completion load nothing else.
COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("cli.start", "Make an empty ledger."),
    "demo": ("cli.demo", "Record a real story, and show what can be asked of it."),
    "open": ("cli.entry", "Enter a first agreement."),
    "amend": ("cli.entry", "Enter a definitive change of a deal."),
    "interim": ("cli.entry", "Enter a deal that binds until a definitive one replaces it."),
    "plan": ("cli.entry", "Enter what somebody intends, proposes or announces."),
    "adopt": ("cli.entry", "Enter that a plan became binding."),
    "withdraw": ("cli.entry", "Enter that a plan was given up."),
    "partner": ("cli.entry", "Enter that a partner joined or left."),
    "extend": ("cli.entry", "Enter that the agreement runs through another day."),
    "renew": ("cli.entry", "Enter a new term over the clauses as they are."),
    "end": ("cli.entry", "Enter that a deal is over."),
    "met": ("cli.entry", "Enter that a condition was met."),
    "affirm": ("cli.entry", "Enter a statement that all stands."),
    "correct": ("cli.mend", "Say what an entry should have said."),
    "void": ("cli.mend", "Say that an entry should never have been made."),
    "record": ("cli.record", "Record a file of instruments, all or nothing."),
    "show": ("cli.ask", "One deal as it stood at a point in time."),
    "share": ("cli.ask", "Who pays what to whom, over all deals."),
    "deals": ("cli.ask", "The deals of the ledger."),
    "log": ("cli.trace", "The entries, and what they say."),
    "why": ("cli.trace", "Why a clause is what it is."),
    "diff": ("cli.trace", "What differs between two points in time."),
    "upcoming": ("cli.trace", "Ends, steps, plans due and conditions pending."),
    "report": ("cli.report", "Report measures: what was sold, earned, used."),
    "rate": ("cli.report", "Record an exchange rate that a deal uses."),
    "settle": ("cli.settle", "What every payer owes every payee for a period."),
    "statement": ("cli.statement", "Print a statement as it was issued."),
    "pay": ("cli.settle", "Enter a payment against a statement."),
    "balance": ("cli.statement", "What was stated, what was paid, what is open."),
    "close": ("cli.settle", "Close a period: its statements stand."),
    "reopen": ("cli.settle", "Take back a closing."),
    "quote": ("cli.quote", "Compute terms on figures, without a ledger."),
    "terms": ("cli.terms", "Read and check texts of the terms language."),
    "engine": ("cli.engine", "Check an engine that sums revenue lines."),
    "verify": ("cli.check", "Check that the books are whole."),
    "replay": ("cli.replay", "Run the history again, and compare it with the books."),
    "key": ("cli.prove", "Keys for signing checkpoints."),
    "checkpoint": ("cli.prove", "A signed statement of how long the log is and what its root is."),
    "prove": ("cli.prove", "A proof that an entry is in the log."),
    "bundle": ("cli.prove", "A file that lets others check the books offline."),
    "import": ("cli.record", "Take another copy of a log, all or nothing."),
    "export": ("cli.record", "The entries' own lines, as they are hashed."),
    "copy": ("cli.servers", "Copy a ledger to another place, and prove that the roots are equal."),
    "watch": ("cli.watch", "Print new entries as they are recorded."),
    "servers": ("cli.servers", "Which server is the primary, and how far each standby is."),
    "grants": ("cli.servers", "The SQL that makes three roles on a PostgreSQL server."),
}

SECTIONS = {
    "Start": ("init", "demo"),
    "Enter": (
        "open", "amend", "interim", "plan", "adopt", "withdraw", "partner", "extend", "renew", "end", "met", "affirm",
        "correct", "void", "record",
    ),
    "Ask": ("show", "share", "deals", "log", "why", "diff", "upcoming"),
    "Settle": ("report", "rate", "settle", "statement", "pay", "balance", "close", "reopen"),
    "Compute": ("quote", "terms", "engine"),
    "Prove": ("verify", "replay", "key", "checkpoint", "prove", "bundle", "import", "export"),
    "Serve": ("copy", "watch", "servers", "grants"),
}  # fmt: skip


INTERRUPTED = (
    "deal: Interrupted. What was acknowledged is recorded; anything else is there as a whole or not at all. Repeat it "
    "with the same --key or file, and it is recorded once."
)


DATABASES = {"sqlalchemy", "sqlite3", "psycopg"}


UNREAD = 128 + 13  # SIGPIPE's number, as a shell tells it: whoever read the answer has read enough


@contextmanager
def written(ctx: click.Context) -> Iterator[None]:
    """End the command well where its answer is not read to the end, with a sentence where it cannot be written."""
    try:
        yield
    except BrokenPipeError:
        ctx.exit(UNREAD)
    except OSError as error:
        from cli.render import words

        words(f"deal: {unwritten(error)}")
        ctx.exit(1)


def unwritten(error: OSError) -> str:
    """The sentence for an answer, or a file that an error names, that the system refuses."""
    why = error.strerror or str(error)
    if error.filename is not None:
        return f"{os.fsdecode(error.filename)} cannot be used: {why}. Check the path and who may use it."
    return (
        f"The answer could not be written: {why}. Make room, or write it elsewhere; what the command recorded stays "
        "recorded."
    )


class Deal(click.Group):
    """Loads a command's module when it is called, and turns a refusal into its sentence and exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        command = getattr(module, f"{cmd_name}_")
        assert isinstance(command, click.Command)
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for arg in args:
            if not arg.isascii() and any("\ud800" <= c <= "\udfff" for c in arg):
                raise click.UsageError(f"{arg!a} is not text in UTF-8. Check the terminal's or the script's encoding.")
        with written(ctx):
            return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section, names in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl([(name, COMMANDS[name][1]) for name in names])

    def invoke(self, ctx: click.Context) -> Any:
        from cli.render import safe, words
        from ledger.errors import Refusal

        try:
            with written(ctx):
                return super().invoke(ctx)
        except Refusal as refusal:
            words(f"deal: {refusal}")
            ctx.exit(refusal.exit_code)
        except click.ClickException as error:
            error.__dict__["message"] = safe(error.message)
            raise
        except (KeyboardInterrupt, click.Abort):
            words(INTERRUPTED)
            ctx.exit(128 + signal.SIGINT)
        except Exception as error:
            if not _of_a_database(error):
                raise
            from ledger.place import failed

            words(f"deal: {failed(error)}")
            ctx.exit(1)


def _of_a_database(error: Exception) -> bool:
    """Whether it is of a driver, or of the library that the drivers are asked by; told by name, to load neither."""
    return any(kind.__module__.partition(".")[0] in DATABASES for kind in type(error).__mro__)


@click.group(cls=Deal, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="deal-ledger", prog_name="deal")
def main() -> None:
    """An event-sourced ledger of revenue-share deals.

    Every contract change is entered as it happened; the share state is rebuilt as it stood on any day, as known
    and as recorded by any other.

    \b
    Example:
      deal init
      deal open acme-bolt --party Acme --party Bolt --dated 2024-01-15 --term 2024..2027 \\
          --pays "Acme -> Bolt as share: 20% of revenue every quarter"
      deal show acme-bolt --on 2026-06-30
    """


def run() -> None:
    """The program `deal`: the command in a process of its own. What nobody foresaw is a sentence, too."""
    from cli.terminal import Paging, coloured, drop, ready

    ready()
    code: int | str | None = 0
    try:
        main.main(prog_name="deal", color=coloured(), obj=Paging())
    except SystemExit as ended:
        code = ended.code
    except Exception as fault:
        if os.environ.get("DEAL_DEBUG"):
            raise
        code = _unforeseen(fault)
    code = _flushed(code)
    try:
        sys.stderr.flush()
    except OSError:
        drop(sys.stderr)
    sys.exit(code)


def _flushed(code: int | str | None) -> int | str | None:
    """The exit code, once all of the answer is out of our hands."""
    from cli.render import words
    from cli.terminal import drop

    try:
        sys.stdout.flush()
    except OSError as error:
        drop(sys.stdout)
        if code:  # it was said before
            return code
        if isinstance(error, BrokenPipeError):
            return UNREAD
        words(f"deal: {unwritten(error)}")
        return 1
    return code


def _unforeseen(fault: Exception) -> int:
    """Says what happened in one sentence: a traceback is for whoever mends it."""
    from cli.render import words

    first = (str(fault).strip() or "nothing more is known").splitlines()[0].rstrip(".")
    words(
        f"deal: The command failed by a fault of its own ({type(fault).__name__}: {first}). Repeat it with "
        "DEAL_DEBUG=1 to see where, and report it."
    )
    return 1
