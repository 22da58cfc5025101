"""From a filled-in form to an entry: show what it changes, ask where the past moves, record, say what is next."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.beside import say_unused, unused_json
from cli.options import actor, elsewhere
from cli.render import as_json, as_line, line, words

if TYPE_CHECKING:
    from ledger.application import Ledger
    from ledger.batch import Batch, Draft, Told
    from ledger.changes import Change
    from ledger.entry import Entry
    from ledger.uses import Unused

CHANGES_SHOWN = 20


def enter(
    form: dict[str, Any], address: str, dry_run: bool, by: str | None, yes: bool, json: bool, files: Sequence[str] = ()
) -> None:
    """Records one form; empty fields are left out. `files` are kept with it."""
    from ledger.form import draft_of

    record([draft_of({name: value for name, value in form.items() if value not in (None, (), [], False)})],
           address, dry_run, by, yes, json, files)  # fmt: skip


def record(
    drafts: Sequence[Draft], address: str, dry_run: bool, by: str | None, yes: bool, json: bool,
    files: Sequence[str] = (),
) -> None:  # fmt: skip
    """Records drafts, all or none; or prints what would be recorded."""
    from ledger.application import Ledger
    from ledger.exchange import draft_line

    with Ledger(address, "read" if dry_run else "write") as ledger:
        if dry_run:
            batch = ledger.tell(drafts)
            for told in batch.told:
                as_line(draft_line(told.entry))
            _show_changes(batch)
            _show_restated(batch)
            _show_moved(batch)
            _show_repaid(batch)
            _show_hints(batch)
            say_unused([one for one in batch.unused() if not one.never])
            words("A dry run: nothing was recorded.")
            return
        shown, hints = False, set[str]()
        unused: list[Unused] = []

        def approve(batch: Batch) -> None:
            nonlocal shown
            hints.update(batch.hints())
            unused[:] = batch.unused()
            shown = _approve(batch, yes)
            _keep(files, ledger)

        recorded = ledger.record(drafts, actor(by), approve, lambda batch: _again(batch, shown, hints))
        _answer(ledger, recorded, json, unused)


def _keep(files: Sequence[str], ledger: Ledger) -> None:
    """Keeps files with the ledger, before the entry that names them."""
    if files:
        from ledger.attachments import store

        for file in files:
            store(ledger.database, Path(file))


def _again(batch: Batch, shown: bool, hints: set[str]) -> None:
    """After somebody else wrote: what moves nothing of the past stands after it; the rest somebody has to look at.

    So must they where there is a hint that was not given before: that this very payment is told already, for instance.
    """
    from ledger.errors import ConcurrentWrite, listed

    deals = sorted({told.entry.deal for told in batch.told})
    if shown or batch.moves_the_past() or any(_moved(batch)) or not hints.issuperset(batch.hints()):
        raise ConcurrentWrite(deals)
    words(f"Somebody else recorded something about {listed(deals)} in the meantime; this comes after it.")


def _approve(batch: Batch, yes: bool) -> bool:
    """Shows what moves the past; on a terminal asks whether to go on. Answers whether there was anything to show."""
    _show_hints(batch)
    say_unused([one for one in batch.unused() if not one.never])
    past = batch.moves_the_past()
    if past:
        _show_changes(batch)
        _show_repaid(batch)
    taken_away = _show_restated(batch)
    if not _show_moved(batch) and not past and not taken_away:
        return False
    if yes or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return True
    if not click.confirm("Record it?", err=True):
        words("Nothing was recorded.")
        raise click.exceptions.Exit(1)
    return True


def _show_hints(batch: Batch) -> None:
    for hint in islice(batch.hints(), CHANGES_SHOWN):
        words(hint)


def _show_changes(batch: Batch) -> bool:
    """Shows what the batch changes of what holds; answers whether it does."""
    return _shown("This changes what holds:", _changes(batch), "changes")


def _show_restated(batch: Batch) -> bool:
    """Shows what the batch takes away of what was reported; answers whether it does."""
    return _shown("This takes the place of what was reported:", _restated(batch), "figures")


def _show_moved(batch: Batch) -> bool:
    """Shows in money what the batch changes of what was stated; answers whether it does."""
    return _shown("This changes what was stated; the next statement carries the difference:", _moved(batch), "payments")


def _show_repaid(batch: Batch) -> bool:
    """Shows what the batch changes of what was paid; answers whether it does."""
    return _shown("This changes what was paid:", _repaid(batch), "payments")


def _shown(head: str, texts: Iterator[str], what: str) -> bool:
    lines = list(islice(texts, CHANGES_SHOWN + 1))
    if lines:
        words(head)
    for text in lines[:CHANGES_SHOWN]:
        words(text)
    if len(lines) > CHANGES_SHOWN:
        words(f"  ... and more; only the first {CHANGES_SHOWN} {what} are shown.")
    return bool(lines)


def _moved(batch: Batch) -> Iterator[str]:
    from ledger.errors import Refusal
    from projections.settlement.drafts import moved

    for deal, before, after in batch.touched():
        try:
            for one in moved(deal, before, after):
                yield f"  {deal}: {one}"
        except Refusal as refusal:
            yield f"  {deal}: what it comes to cannot be computed: {refusal}"


def _restated(batch: Batch) -> Iterator[str]:
    from projections.settlement.restatements import restated

    for deal, before, after in batch.touched():
        for text in restated(before, after):
            yield f"  {deal}: {text}"


def _repaid(batch: Batch) -> Iterator[str]:
    from projections.settlement.balance import repaid

    for deal, before, after in batch.touched():
        for text in repaid(before, after):
            yield f"  {deal}: {text}"


def _changes(batch: Batch) -> Iterator[str]:
    for effect in batch.effects():
        for change in effect.in_force:
            yield f"  {effect.deal}: {_said(change)}"
        for change in effect.planned:
            yield f"  {effect.deal}, as planned: {_said(change)}"


def _said(change: Change) -> str:
    from ledger.changes import said

    before, after = (f"'{said(claim)}'" if claim else "nothing" for claim in (change.before, change.after))
    by = f" ({change.before.fact.entry})" if change.before and change.before.fact.entry.position else ""
    return f"{change.key}, {change.span}: {before}{by} becomes {after}"


def _answer(ledger: Ledger, told: Sequence[Told], json: bool, unused: Sequence[Unused]) -> None:
    if json:
        entries = [
            {"position": t.entry.position, "deal": t.entry.deal, "version": t.entry.version,
             "event": type(t.entry.event).__name__, "key": t.entry.key, "already": t.already}
            for t in told
        ]  # fmt: skip
        beside = {"unused": [unused_json(one) for one in unused]} if unused else {}
        as_json({"schema": "deal.recorded/1", "entries": entries, **beside})
        return
    if len(told) == 1:
        entry = told[0].entry
        line(str(entry))
        how = "was recorded before, under the same key" if told[0].already else "recorded"
        words(f"{entry} {how} ({type(entry.event).__name__}):")
        for text in _says(ledger, entry):
            words(f"    {text}")
        words(f"Next: {_next(entry)}{elsewhere(ledger)}")
        return
    new = [t.entry.position for t in told if not t.already]
    line(f"#{new[0]}..#{new[-1]}" if new else "nothing new")
    words(f"{len(new)} entries recorded, {len(told) - len(new)} were there before. Next: deal deals{elsewhere(ledger)}")


def _says(ledger: Ledger, entry: Entry) -> list[str]:
    """What was recorded, as it will be read: the moment to see a slip of the hand."""
    from projections.history import about, says

    return says(entry.event, {version: f"#{n}" for version, n in about(ledger, entry).items()})


def _next(entry: Entry) -> str:
    from ledger.events import Booked

    if isinstance(entry.event, Booked):
        from projections.booked import following

        return following(entry.deal, entry.event)
    return f"deal show {entry.deal}"
