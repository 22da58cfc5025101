"""Following a ledger: `watch`."""

from __future__ import annotations

import os
import select
import signal
import sys
from typing import TYPE_CHECKING, Any

import click

from cli.options import with_json, with_ledger
from cli.render import as_line, words
from cli.trace import show_entry

if TYPE_CHECKING:
    from ledger.application import Ledger
    from ledger.entry import Row
    from ledger.errors import Refusal

INTERRUPTED = 128 + signal.SIGINT


class _Reader:
    """Whoever reads what is printed."""

    def wanted(self) -> bool:
        """Whether the other end of a pipe is still open: nobody is to be waited for in vain."""
        try:
            watched = select.poll()
            watched.register(sys.stdout.fileno(), 0)
            return not any(event & (select.POLLERR | select.POLLHUP) for _, event in watched.poll(0))
        except (OSError, ValueError, AttributeError):  # no pipe, or no poll on this system
            return True

    def gone(self, why: Refusal) -> None:
        words(f"deal: {why}")
        words("Waiting for it; nothing is left out. End it with Ctrl-C.")


@click.command("watch")
@click.option(
    "--from", "first", default="now", show_default=True, metavar="#N|start|now", help="The first entry to print."
)
@click.option("--through", metavar="#N", help="End after this entry, whether it is printed or not.")
@click.option("--count", type=click.IntRange(min=1), metavar="N", help="End after so many printed entries.")
@click.option("--deal", "deals", multiple=True, metavar="DEAL", help="Only this deal; may be given again.")
@with_ledger
@with_json
def watch_(
    first: str, through: str | None, count: int | None, deals: tuple[str, ...], address: str, json: bool
) -> None:
    """Print new entries as they are recorded: each once, in order, also while servers come and go.

    With --json the entries' own lines, as export prints them. It goes on until Ctrl-C (exit code 130), until nobody
    reads its output any more, or as --through and --count say (0). To go on later, begin with --from and the number
    after the last one.

    \b
    Example:
      deal watch --json --from start --through '#12'
    """
    from ledger.application import Ledger
    from ledger.following import Following

    with Ledger(address, "read") as ledger:
        following = Following(ledger.entries, _before(first, ledger), _Reader())
        last = _position(through) if through else None
        words(f"Watching from #{following.after + 1}. End it with Ctrl-C.")
        try:
            _follow(ledger, following, last, count, deals, json)
        except KeyboardInterrupt:
            click.get_current_context().exit(INTERRUPTED)  # the way to end it: nothing to be said
        except BrokenPipeError:
            # What is left in the buffer has nowhere to go either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        finally:
            following.close()


def _follow(
    ledger: Ledger, following: Any, last: int | None, count: int | None, deals: tuple[str, ...], json: bool
) -> None:
    if last is not None and following.after >= last:
        return
    for position, told in following.told(lambda row: (row[0], _told(ledger, row, json))):
        if not deals or told["deal"] in deals:
            if json:
                as_line(told["line"])
            else:
                show_entry(told)
            count = count - 1 if count else None
        if count == 0 or position == last:
            return


def _told(ledger: Ledger, row: Row, json: bool) -> dict[str, Any]:
    from ledger.entry import entry_of, line
    from projections.history import about, entry_json

    if json:
        return {"deal": row[3], "line": line(row)}
    entry = entry_of(row)
    return entry_json(entry, about(ledger, entry), None)


def _before(first: str, ledger: Ledger) -> int:
    if first == "now":
        return ledger.entries.head()
    return 0 if first == "start" else _position(first) - 1


def _position(text: str) -> int:
    number = text.removeprefix("#")
    if not (number.isascii() and number.isdigit() and 0 < len(number) < 19 and int(number)):
        raise click.UsageError(f"'{text}' does not name an entry. Write its number: '#12'.")
    return int(number)
