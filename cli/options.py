"""What the commands share: the options that mean the same everywhere, each a decorator, and what they become."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from ledger.application import Ledger
    from projections.point import Point

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_LEDGER = "deals.db"


@dataclass(frozen=True, slots=True)
class Asked:
    """The points in time as they were typed."""

    on: str | None
    known: str | None
    recorded: str | None
    as_of: str | None
    planned: bool
    evidence: str | None

    def point(self, ledger: Ledger) -> Point:
        """The point that they say: today, all that is known and all that is recorded, where they say nothing."""
        from ledger.tree import root
        from projections.point import Point, last_day_of, position_of

        if self.as_of and (self.on or self.known):
            raise click.UsageError("--as-of D stands for --on D --known D. Give it alone, or give the two.")
        say_where(ledger)
        on, known = self.on or self.as_of, self.known or self.as_of
        recorded = position_of(self.recorded, ledger) if self.recorded else ledger.entries.head()
        return Point(
            on=last_day_of(on, ledger.today) if on else ledger.today,
            known=last_day_of(known, ledger.today) if known else None,
            recorded=recorded,
            planned=self.planned,
            confirmed_only=self.evidence == "confirmed",
            root=root(ledger.database, recorded),
        )


def with_ledger(command: F) -> F:
    """--ledger, with DEAL_LEDGER and the default."""
    return click.option(
        "--ledger", "address", envvar="DEAL_LEDGER", default=DEFAULT_LEDGER, metavar="FILE|URL",
        help="The ledger: a file, or postgresql://... (or set DEAL_LEDGER).  [default: deals.db]",
    )(command)  # fmt: skip


def elsewhere(ledger: Ledger) -> str:
    """How the next command names this ledger, where it would not be found without; a password is not shown."""
    import shlex

    from ledger.address import shown

    address = ledger.database.address
    usual = shown(os.environ.get("DEAL_LEDGER") or DEFAULT_LEDGER)
    return "" if address == usual else f" --ledger {shlex.quote(address)}"


def say_where(ledger: Ledger) -> None:
    """Where the answer comes from a standby, how far it is: it may not have everything yet."""
    if ledger.database.place.follows:
        from cli.render import words

        words(f"Read from a standby, which is at #{ledger.entries.head()}; how far the others are: deal servers")


def with_json(command: F) -> F:
    return click.option("--json", "json", is_flag=True, help="Answer as JSON.")(command)


def with_csv(command: F) -> F:
    return click.option("--csv", "csv", is_flag=True, help="Answer as CSV.")(command)


def with_points(command: Callable[..., Any]) -> Callable[..., Any]:
    """--on, --known, --recorded, --as-of, --planned, --evidence; the command gets `asked`."""

    def run(*args: Any, **given: Any) -> Any:
        from cli.terminal import paged

        fields = ("on", "known", "recorded", "as_of", "planned", "evidence")
        with paged():
            return command(*args, asked=Asked(**{name: given.pop(name) for name in fields}), **given)

    options = [
        click.option("--on", metavar="DAY", help="On which day (a period: its last day).  [default: today]"),
        click.option("--known", metavar="DAY", help="As known by the end of which day.  [default: all]"),
        click.option(
            "--recorded", metavar="DAY|#N", help="As our books had it: by an entry (#12), a day (UTC) or an instant."
        ),
        click.option("--as-of", metavar="DAY", help="Short for --on DAY --known DAY."),
        click.option("--planned", is_flag=True, help="Lay plans over what is in force."),
        click.option("--evidence", type=click.Choice(["confirmed"]), help="Leave out what was only reported."),
    ]
    return _decorated(run, command, options)


def with_paper(command: Callable[..., Any]) -> Callable[..., Any]:
    """What every instrument has: dated day, known-since day, evidence, sources, note."""
    options = [
        click.option("--dated", metavar="DAY", help="Signed or published on which day.  [default: today]"),
        click.option("--known-since", metavar="DAY", help="Where it became known only later."),
        click.option(
            "--evidence", type=click.Choice(["confirmed", "reported"]), help="By a party, or by others.  [confirmed]"
        ),
        click.option(
            "--source", multiple=True, metavar="TEXT",
            help="Where it is from: a title, or 'publisher=...; title=...; published=DAY; address=...; quote=...'.",
        ),
        click.option(
            "--attach", multiple=True, metavar="FILE", help="Keep this file with the source of the same place in order."
        ),
        click.option("--note", metavar="TEXT", help="A note for whoever reads the entry."),
    ]  # fmt: skip
    return _decorated(command, command, options)


def with_clauses(command: Callable[..., Any]) -> Callable[..., Any]:
    """What an instrument may set, any number of each, and on which days."""
    options = [
        click.option(
            "--pays", multiple=True, metavar="TEXT", help="'PAYER -> PAYEE [as NAME]: 20% of revenue every quarter'"
        ),
        click.option("--defines", multiple=True, metavar="TEXT", help="'NAME: gross - returns'"),
        click.option("--right", multiple=True, metavar="TEXT", help="'HOLDER [as NAME]: what it may do'"),
        click.option("--commits", multiple=True, metavar="TEXT", help="'PAYER -> PAYEE [as NAME]: 250bn of services'"),
        click.option("--nets", multiple=True, metavar="TEXT", help="'ONE <-> OTHER': what they owe is set off."),
        click.option("--drop", multiple=True, metavar="KEY", help="A clause that ends with this instrument."),
        click.option("--from", "from_", metavar="DAY", help="First day of the clauses.  [default: the dated day]"),
        click.option("--through", metavar="DAY", help="Last day of the clauses.  [default: with the term]"),
        click.option("--until", metavar="CONDITION", help="The clauses stand until this condition is met."),
        click.option("--survives", is_flag=True, help="The clauses outlive the term."),
    ]
    return _decorated(command, command, options)


def with_frame(command: Callable[..., Any]) -> Callable[..., Any]:
    """What an instrument may set beside clauses: pools and the term."""
    options = [
        click.option(
            "--pool", multiple=True, metavar="TEXT", help="'NAME' or 'NAME: MEMBER, MEMBER 40%', a pool of partners."
        ),
        click.option("--term", metavar="TEXT", help="'2019-07-22..2030-12-31', '2030' or 'until CONDITION'."),
    ]
    return _decorated(command, command, options)


def with_recording(command: Callable[..., Any]) -> Callable[..., Any]:
    """How an entry is recorded: dry run, key, actor, without asking, as JSON; and in which ledger."""
    options = [
        click.option("--dry-run", is_flag=True, help="Print what would be recorded, and record nothing."),
        click.option("--key", metavar="TEXT", help="Repeating the command with the same key records once."),
        click.option("--by", metavar="NAME", envvar="DEAL_BY", help="Who records it (or set DEAL_BY).  [login name]"),
        click.option("--yes", is_flag=True, help="Do not ask before the past changes."),
    ]
    return with_ledger(with_json(_decorated(command, command, options)))


def actor(by: str | None) -> str:
    """Who records: as given, or the login name."""
    if by:
        return by
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def today_text() -> str:
    """Today in the user's own calendar, for forms that leave the dated day out."""
    return datetime.now().astimezone().date().isoformat()


def _decorated(run: Callable[..., Any], command: Callable[..., Any], options: list[Any]) -> Callable[..., Any]:
    if run is not command:
        run.__name__, run.__doc__ = command.__name__, command.__doc__
        run.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]
    for option in reversed(options):
        run = option(run)
    return run
