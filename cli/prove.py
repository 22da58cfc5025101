"""Proving to others: `key new`, `checkpoint`, `prove`, `bundle`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.check import FOUND, bar
from cli.options import with_json, with_ledger
from cli.render import as_json, as_page, line, number, words
from cli.signers import Signers, keys_folder, verdict, with_signers

if TYPE_CHECKING:
    from ledger.checkpoint import Checkpoint, Key, Verifier
    from projections.audit import Difference


def with_key(command: Any) -> Any:
    """--key, with DEAL_KEY."""
    return click.option(
        "--key", "signer", envvar="DEAL_KEY", metavar="NAME|FILE", help="Sign with this key (or set DEAL_KEY)."
    )(command)


def key_of(signer: str | None) -> Key | None:
    """The key that --key names: a file, or one that `key new` made."""
    if signer is None:
        return None
    from ledger.checkpoint import load_key
    from ledger.errors import NoSuchKey

    path = Path(signer) if Path(signer).is_file() else _path_of(signer)
    if not path.exists():
        raise NoSuchKey(signer, str(path))
    return load_key(path)


def _path_of(name: str) -> Path:
    return keys_folder() / f"{name.replace('/', '_')}.key"


@click.group("key")
def key_() -> None:
    """Keys for signing checkpoints.

    \b
    Example:
      deal key new example.com/deals
    """


@key_.command("new")
@click.argument("name")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Where to write it.")
@with_json
def key_new(name: str, out: Path | None, json: bool) -> None:
    """Make a key, and print the public one.

    The private key is written for its owner only, outside the ledger. Hand the public one to whoever is to check
    your checkpoints, by another way than the checkpoints.

    \b
    Example:
      deal key new example.com/deals
    """
    from ledger.checkpoint import Key, save_key

    key = Key.new(name)
    path = out or _path_of(name)
    public = save_key(key, path)
    if json:
        as_json({"schema": "deal.key/1", "name": name, "public": str(key.verifier), "file": str(path)})
        return
    line(str(key.verifier))
    words(f"The private key is in {path}, for its owner only; the public one is above, and in {public}.")


@click.command("checkpoint")
@click.option("--recorded", metavar="DAY|#N", help="Through which entry, day or instant.  [default: the last]")
@click.option(
    "--origin", metavar="NAME", help="What the log is, or has to be, called.  [the key's name, or the file's]"
)
@with_key
@click.option("--verify", "kept", type=click.Path(path_type=Path), metavar="FILE", help="Check one that was kept.")
@with_signers
@with_ledger
@with_json
def checkpoint_(
    recorded: str | None, origin: str | None, signer: str | None, kept: Path | None, signers: Signers, address: str,
    json: bool,
) -> None:  # fmt: skip
    """A signed statement of how long the log is and what its root is; also kept in the ledger.

    Keep it elsewhere, or hand it to the other side: from then on no entry up to it can be changed, left out or moved
    unseen. A key signs no log that does not continue the one that it signed last under the same name.

    With --verify, says whether a kept checkpoint is the beginning of today's log, and whether those signed it who are
    given with --signed-by and --witness; exit code 3 if not. Signatures of others are no matter.

    \b
    Example:
      deal key new example.com/deals --out desk.key
      deal checkpoint --key desk.key > 2026-06-30.checkpoint
      deal checkpoint --verify 2026-06-30.checkpoint --signed-by desk.pub
    """
    if kept:
        _verify(kept, signers, origin, address, json)
        return
    if signers.required():
        raise click.UsageError("--signed-by and --witness say who signed a checkpoint. Give it with --verify FILE.")
    from ledger.application import Ledger
    from projections.point import position_of
    from projections.proof import make

    key = key_of(signer)
    with Ledger(address, "read") as ledger:
        made = make(ledger, position_of(recorded, ledger) if recorded else ledger.entries.head(), key, origin)
        keeps = ledger.database.keeps_checkpoints
        where = "Kept in the ledger" if keeps else "The ledger may only be read: it is not kept there"
    if json:
        as_json({"schema": "deal.checkpoint/1", **_shape(made)})
    else:
        as_page(made.note)
    signed = f"signed by {made.signers}" if made.signatures else "not signed: sign it with --key, see deal key new"
    words(f"{where}; {signed}.")


def _shape(made: Checkpoint) -> dict[str, Any]:
    from projections.audit import b64

    return {
        "origin": made.origin, "head": {"position": made.size, "root": b64(made.root)},
        "signed_by": [s.name for s in made.signatures], "note": made.note,
    }  # fmt: skip


def _verify(kept: Path, signers: Signers, origin: str | None, address: str, json: bool) -> None:
    from ledger import checkpoint
    from ledger.application import Ledger
    from projections.proof import Required, kept_elsewhere, not_signed

    told = checkpoint.read(kept)
    good = checkpoint.check(told, [*signers.keys, *signers.witnesses, *signers.own])
    lacking = list(not_signed(told, signers.required(origin) or Required()))
    with Ledger(address, "read") as ledger, bar(told.size, "Hashing") as progress:
        found = list(kept_elsewhere(ledger, told, progress))
        head = ledger.entries.head()
    if json:
        as_json({
            "schema": "deal.checked/1", **_shape(told), "signatures_checked": names_of(good),
            "sound": not found and not lacking, "ends_at": head,
            "differences": [difference.json() for difference in [*found, *lacking]],
        })  # fmt: skip
    else:
        _tell(told, found, head)
    signers.tell(told, good, lacking)
    if (lacking or not found) and (comes_to := verdict(good, lacking)):
        (words if json else line)(comes_to)
    if found or lacking:
        click.get_current_context().exit(FOUND)


def names_of(good: list[Verifier]) -> list[str]:
    """The names of those who signed, each once."""
    return list(dict.fromkeys(verifier.name for verifier in good))


def _tell(told: Checkpoint, found: list[Difference], head: int) -> None:
    for difference in found:
        line(difference.says)
        line(f"    here:       {difference.stored}")
        line(f"    checkpoint: {difference.expected}")
    if not found:
        line(f"The log of #{told.size} in this checkpoint is the beginning of the log here, which ends at #{head}.")


@click.command("prove")
@click.argument("entry")
@click.option("--since", type=click.Path(path_type=Path), metavar="FILE", help="A checkpoint that the other side has.")
@with_key
@with_ledger
@with_json
def prove_(entry: str, since: Path | None, signer: str | None, address: str, json: bool) -> None:
    """A proof that an entry is in the log: its line, its place, the path of hashes, the checkpoint. Always JSON.

    It stands on the latest checkpoint on file that covers the entry, or on a new one. With --since it also proves
    that the log of that earlier checkpoint is the beginning of this one.

    \b
    Example:
      deal checkpoint --recorded '#9' > kept.checkpoint
      deal prove '#12' --since kept.checkpoint > proof.json
    """
    from ledger import checkpoint
    from ledger.application import Ledger
    from projections.proof import latest, make, proof

    before = checkpoint.read(since) if since else None
    key = key_of(signer)
    with Ledger(address, "read") as ledger:
        position = ledger.entry(entry).position
        reach = max(position, before.size if before else 0)
        head = None if key else latest(ledger, reach)
        as_json(proof(ledger, position, head or make(ledger, ledger.entries.head(), key), before))


@click.command("bundle")
@click.argument("deal", required=False)
@click.option("-o", "--out", type=click.Path(path_type=Path), default="audit.zip", show_default=True, metavar="FILE")
@click.option("--checkpoint", "kept", type=click.Path(path_type=Path), metavar="FILE", help="Stand on this one.")
@with_key
@with_ledger
@with_json
def bundle_(deal: str | None, out: Path, kept: Path | None, signer: str | None, address: str, json: bool) -> None:
    """A file that lets others check the books offline: entries, checkpoint, proofs, attached files and check.py.

    It stands on the latest checkpoint on file, or on a new one (signed with --key), and is the same to the byte from
    the same ledger and checkpoint. A deal's bundle proves its own entries without showing the others. Whoever gets it
    unpacks it and runs: python3 -I check.py --key KEY

    \b
    Example:
      deal bundle openai-microsoft -o audit.zip
    """
    from ledger import checkpoint
    from ledger.application import Ledger
    from projections.bundle import write
    from projections.proof import latest, make, same_log

    key = key_of(signer)
    with Ledger(address, "read") as ledger:
        if kept:
            head = same_log(ledger, checkpoint.read(kept))
        else:
            head = (None if key else latest(ledger)) or make(ledger, ledger.entries.head(), key)
        count = write(ledger, head, out, deal)
    if json:
        as_json({"schema": "deal.bundled/1", "file": str(out), "deal": deal, "entries": count, **_shape(head)})
        return
    line(str(out))
    words(
        f"{number(count, 'entry', 'entries')}, on the checkpoint of #{head.size}, signed by {head.signers}. "
        "It holds its own check.py."
    )
