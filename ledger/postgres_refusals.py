"""What a PostgreSQL server and libpq say, as refusals.

By SQLSTATE where there is one; when a connection fails there are only words, and none of them is quoted: they may have
a part of a secret in them.
"""

from __future__ import annotations

import re

import psycopg

from ledger import place
from ledger.errors import (
    AlreadyALedger,
    DiskFull,
    LedgerBusy,
    LoginRefused,
    NoServerOfThatKind,
    NoSuchDatabase,
    NotALedger,
    NotStorable,
    OnStandby,
    Refusal,
    RoleMayNot,
    ServerInterrupted,
    ServerRefused,
    ServerUnreachable,
    ServerWentAway,
    TooManyConnections,
)
from ledger.place import cause

REFUSED: dict[str, type[Refusal]] = {
    "42501": RoleMayNot,
    "25006": OnStandby,
    "53100": DiskFull,
    "58030": DiskFull,
    "53300": TooManyConnections,
    "42P01": NotALedger,
    "42703": NotALedger,
    "42883": NotALedger,
    "3F000": NotALedger,
    "42P06": AlreadyALedger,
    "42P07": AlreadyALedger,
}

# In this order: of several servers each says something, and what can be mended comes first.
NO_MORE = re.compile("too many clients|remaining connection slots|too many connections")
NO_DATABASE = re.compile(r'database ".*" does not exist')
OF_ANOTHER_KIND = re.compile("session is read-only|hot standby mode|session is not read-only")
NOT_LET_IN = {
    r"pg_hba\.conf": "it has no entry for this user, database and host in its pg_hba.conf",
    "no password supplied|password authentication failed": "the password is wrong or missing",
    "authentication": "it asks for another way to log in",
    r'role ".*" does not exist': "there is no such user",
}
NOT_REACHED = {
    "refused": "nothing listens there",
    "No such file": "nothing listens on that socket",
    "resolve|translate host": "there is no such host",
    "timeout": "it did not answer in time",
    "starting up|recovery": "it is starting up",
    "shutting down": "it is shutting down",
    "definition of service": "the service file has no such service",
    "service file": "the service file cannot be read",
    "certificate": "its certificate is not accepted",
    "SSL": "no encrypted connection could be made",
    "unreachable": "there is no way to it through the network",
    "closed the connection": "it closed the connection",
}
NOT_MADE = "the connection was not made"


def lost(error: Exception) -> bool:
    """Whether the connection is gone."""
    found = cause(error)
    state = getattr(found, "sqlstate", None) or ""
    if isinstance(found, psycopg.OperationalError):
        return not state or state[:2] == "08" or state in ("57P01", "57P02", "57P03", "57P05", "25P03", "25P04")
    return isinstance(found, psycopg.InterfaceError)


def refusal_of(error: Exception, address: str) -> Refusal | None:
    """The refusal for an error on a connection; None for one of integrity, which is not the server's doing."""
    if lost(error):
        return ServerWentAway(address)
    found = cause(error)
    if isinstance(found, psycopg.DataError) and "NUL" in str(found):
        return NotStorable(address)
    state = getattr(found, "sqlstate", None) or ""
    if state in REFUSED:
        return REFUSED[state](address)
    if state == "55P03":
        return LedgerBusy(address, place.LOCK_SECONDS)
    if state in ("40001", "40P01", "57014"):
        return ServerInterrupted(address, _first_line(found))
    if isinstance(found, psycopg.Error) and not isinstance(found, psycopg.IntegrityError):
        return ServerRefused(address, _first_line(found))
    return None


def unreachable(address: str, said: str, wanted: str) -> Refusal:
    """The refusal for what came of connecting; `wanted`: the target_session_attrs."""
    if NO_MORE.search(said):
        return TooManyConnections(address)
    if NO_DATABASE.search(said):
        return NoSuchDatabase(address)
    for words, why in NOT_LET_IN.items():
        if re.search(words, said):
            return LoginRefused(address, why)
    if OF_ANOTHER_KIND.search(said):
        return NoServerOfThatKind(address, wanted)
    return ServerUnreachable(
        address, next((why for words, why in NOT_REACHED.items() if re.search(words, said)), NOT_MADE)
    )


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")
