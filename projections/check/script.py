"""Checks this bundle offline: one file, standard library only, Python 3.8 or newer.

    python3 -I check.py [--key PUBLIC_KEY] [FOLDER | audit.zip | proof.json]

It checks that every entry is in the log that the checkpoint states (RFC 9162 hashes and proofs), that the log was
signed with the key that you give (which you should have got by another way than this bundle), and that every attached
file is the one that the entries name. Every statement must add up and have its digest. Then it recomputes from the
entries what the deals' books say, compares that with state.jsonl, and prints it.

The last line says what it comes to. Exit codes:
  0  "All of it holds.": nothing is wrong, and every key that was given signed the checkpoint
  0  "Consistent with itself; signed by nobody you named.": nothing is wrong, and no key was given
  2  it was not asked rightly: a key cannot be read, or an option is not known
  3  something is wrong, or a key that was given did not sign; the last line says what is not shown
"""

import argparse
import os
import sys
from typing import Any, Callable

from projections.check.contents import Bundle
from projections.check.findings import Findings
from projections.check.inspection import Inspection, check_proof
from projections.check.note import Policy, PublicKey, public_key, verdict, witness_key

EXAMPLE = "Example: python3 -I check.py --key example.com/deals+1b4f0e98+AcvP3mJrJq1mPoM1bzyU0xVxkqWwSGhYvYQ3tS1m3n5b"


def main() -> int:
    """Checks what it is asked to; answers with the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    parser = _parser()
    asked = parser.parse_args()
    witnesses = list(dict.fromkeys(asked.witness))
    quorum = len(witnesses) if asked.quorum is None else asked.quorum
    if not 0 <= quorum <= len({key.public for key in witnesses}) or (asked.quorum == 0):
        parser.error("--quorum is a number from 1 to that of the witnesses given, each with a key of its own")
    policy = Policy(list(dict.fromkeys(asked.key)), witnesses, quorum, asked.origin)
    try:
        return told(asked.bundle, policy)
    except BrokenPipeError:
        # Whoever read has read enough; the exit code is to be that of the whole check all the same.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return told(asked.bundle, policy)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    given: Any = {"metavar": "KEY", "action": "append", "default": []}
    parser.add_argument(
        "--key", type=_key(public_key), help="a public key that has to have signed, or its file", **given
    )
    parser.add_argument("--witness", type=_key(witness_key), help="the public key of a witness that cosigns", **given)
    parser.add_argument("--quorum", type=int, metavar="K", help="so many of the witnesses  [all]")
    parser.add_argument("--origin", metavar="NAME", help="what the log has to be called")
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("bundle", nargs="?", default=here, help="a folder, a bundle or a proof  [this folder]")
    return parser


def _key(read: Callable[[str], PublicKey]) -> Callable[[str], PublicKey]:
    def key(text: str) -> PublicKey:
        try:
            if os.path.isfile(text):
                with open(text, encoding="utf-8") as file:
                    text = file.read()
            return read(text)
        except (OSError, ValueError) as error:
            raise argparse.ArgumentTypeError(f"the key cannot be read: {error}") from None

    return key


def told(path: str, policy: Policy) -> int:
    """Checks, says what is wrong, and answers with the exit code."""
    findings = Findings()
    try:
        check(path, policy, findings)
    except BrokenPipeError:
        raise
    except Exception as error:  # whoever made it up can make it raise anything
        findings.is_wrong(f"It cannot be read to its end: {type(error).__name__}: {error}")
        if policy.keys:
            findings.missing.append(f"that {' and '.join(key.name for key in policy.keys)} signed all of it")
    return findings.conclude(verdict(policy))


def check(path: str, policy: Policy, findings: Findings) -> None:
    """Checks a bundle or a proof."""
    if path.endswith(".json"):
        with open(path, "rb") as file:
            check_proof(file.read(), policy, findings)
    else:
        Inspection(Bundle(path), findings).check(policy)
