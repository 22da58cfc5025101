"""Proving to others: `key new`, `checkpoint`, `prove`, `bundle`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.check import FOUND, bar
from cli.options import with_json, with_ledger
from cli.render import as_json, as_page, line, number, words

if TYPE_CHECKING:
    from ledger.checkpoint import Checkpoint, Key, Verifier


def with_key(command: Any) -> Any:
    """--key, with DEAL_KEY."""
    return click.option(
        "--key", "signer", envvar="DEAL_KEY", metavar="NAME|FILE", help="Sign with this key (or set DEAL_KEY)."
    )(command)


def keys_folder() -> Path:
    """Where keys are kept: outside any ledger."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "deal" / "keys"


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
@click.option("--origin", metavar="NAME", help="What the log is called.  [default: the key's name, or the file's]")
@with_key
@click.option("--verify", "kept", type=click.Path(path_type=Path), metavar="FILE", help="Check one that was kept.")
@click.option("--signed-by", multiple=True, metavar="KEY", help="A public key, or its file, to check it with.")
@with_ledger
@with_json
def checkpoint_(
    recorded: str | None, origin: str | None, signer: str | None, kept: Path | None, signed_by: tuple[str, ...],
    address: str, json: bool,
) -> None:  # fmt: skip
    """A signed statement of how long the log is and what its root is; also kept in the ledger.

    Keep it elsewhere, or hand it to the other side: from then on no entry up to it can be changed, left out or moved
    unseen. With --verify, says whether a kept checkpoint is the beginning of today's log; exit code 3 if it is not.

    \b
    Example:
      deal key new example.com/deals
      deal checkpoint --key example.com/deals > 2026-06-30.checkpoint
      deal checkpoint --verify 2026-06-30.checkpoint
    """
    if kept:
        _verify(kept, signed_by, address, json)
        return
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


def _verify(kept: Path, signed_by: tuple[str, ...], address: str, json: bool) -> None:
    from ledger import checkpoint
    from ledger.application import Ledger
    from projections.proof import kept_elsewhere

    told = checkpoint.read(kept)
    good = checkpoint.check(told, _verifiers(signed_by))
    with Ledger(address, "read") as ledger, bar(told.size, "Hashing") as progress:
        found = list(kept_elsewhere(ledger, told, progress))
        head = ledger.entries.head()
    if json:
        as_json({
            "schema": "deal.checked/1", **_shape(told), "signatures_checked": good, "sound": not found, "ends_at": head,
            "differences": [difference.json() for difference in found],
        })  # fmt: skip
    else:
        _tell(told, found, head)
    _tell_signatures(told, good)
    if found:
        click.get_current_context().exit(FOUND)


def _tell(told: Checkpoint, found: list[Any], head: int) -> None:
    for difference in found:
        line(difference.says)
        line(f"    here:       {difference.stored}")
        line(f"    checkpoint: {difference.expected}")
    if not found:
        line(f"The log of #{told.size} in this checkpoint is the beginning of the log here, which ends at #{head}.")


def _tell_signatures(told: Checkpoint, good: list[str]) -> None:
    if not told.signatures:
        words("The checkpoint is not signed: whoever had the file may have written it.")
    for signature in told.signatures:
        if signature.name in good:
            words(f"The signature of {signature.name} is right.")
        else:
            words(f"The signature of {signature.name} was not checked: give its public key with --signed-by.")


def _verifiers(signed_by: tuple[str, ...]) -> list[Verifier]:
    """The public keys that are given, and those of our own keys."""
    from ledger.checkpoint import verifier

    own = sorted(keys_folder().glob("*.pub")) if keys_folder().is_dir() else []
    return [verifier(text) for text in (*signed_by, *map(str, own))]


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
    unpacks it and runs: python3 check.py

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
