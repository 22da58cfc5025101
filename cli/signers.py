"""Who has to have signed a checkpoint: the options that say so, and what is said of the signatures on one."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cli.render import words

if TYPE_CHECKING:
    from ledger.checkpoint import Checkpoint, Verifier
    from projections.audit import Difference
    from projections.proof import Required

NOT_SHOWN = {
    "signature": "that {} signed it",
    "witness": "that {} of the witnesses saw it",
    "origin": "anything of the log {}",
}

F = TypeVar("F", bound=Callable[..., Any])


def keys_folder() -> Path:
    """Where keys are kept: outside any ledger."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "deal" / "keys"


@dataclass(frozen=True, slots=True)
class Signers:
    """Public keys that have to have signed, witnesses of whom so many have to have cosigned, and our own keys."""

    keys: list[Verifier]
    witnesses: list[Verifier]
    quorum: int

    def required(self, origin: str | None = None) -> Required | None:
        """What a checkpoint has to have; None where nobody asked for anything."""
        from projections.proof import Required

        asked = self.keys or self.witnesses or origin is not None
        return Required(self.keys, self.witnesses, self.quorum, origin) if asked else None

    @property
    def own(self) -> list[Verifier]:
        """The keys that are kept here: their signatures are checked where there are any."""
        from ledger.checkpoint import verifier

        folder = keys_folder()
        return [verifier(str(path)) for path in sorted(folder.glob("*.pub"))] if folder.is_dir() else []

    def tell(self, told: Checkpoint, good: list[Verifier], lacking: list[Difference]) -> None:
        """Says of each signature whether it is right, and what is lacking."""
        if not told.signatures:
            words("The checkpoint is not signed: whoever had the file may have written it.")
        known = {(verifier.name, verifier.key_id) for verifier in good}
        for signature in told.signatures:
            if (signature.name, signature.key_id) in known:
                words(f"The signature of {signature.name} is right.")
            else:
                words(f"The signature of {signature.name} was not checked: give its public key with --signed-by.")
        for difference in lacking:
            words(difference.says)


def verdict(good: list[Verifier], lacking: list[Difference]) -> str:
    """What a checkpoint that is of the log here comes to, in one line; nothing where everybody signed it."""
    if lacking:
        return f"NOT SHOWN: {'; '.join(NOT_SHOWN[lack.check].format(lack.expected) for lack in lacking)}."
    return "" if good else "Consistent with the log here; signed by nobody you named."


def with_signers(command: F) -> F:
    """--signed-by, --witness and --quorum; the command is given them as `signers`."""

    @click.option(
        "--signed-by", multiple=True, metavar="KEY", help="A public key, or its file, that has to have signed."
    )
    @click.option("--witness", multiple=True, metavar="KEY", help="The public key, or its file, of a witness.")
    @click.option("--quorum", type=click.IntRange(1), metavar="K", help="So many witnesses.  [default: all given]")
    @wraps(command)
    def given(*args: Any, signed_by: tuple[str, ...], witness: tuple[str, ...], quorum: int | None, **more: Any) -> Any:
        return command(*args, signers=_signers(signed_by, witness, quorum), **more)

    return given  # type: ignore[return-value]


def _signers(signed_by: tuple[str, ...], witness: tuple[str, ...], quorum: int | None) -> Signers:
    if not signed_by and not witness and quorum is None:
        return Signers([], [], 0)
    from ledger import checkpoint

    witnesses = [checkpoint.witness(text) for text in witness]
    several = len({verifier.public for verifier in witnesses})
    asked = len(witnesses) if quorum is None else quorum
    if asked > several:
        raise click.UsageError(
            f"{asked} witnesses cannot have cosigned, of {several} that are given. Give --witness with the key of each."
        )
    return Signers([checkpoint.verifier(text) for text in signed_by], witnesses, asked)
