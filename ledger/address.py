"""Addresses of ledgers: a path or a URL, of which database; and how one may be shown, without what is secret in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from ledger.errors import AddressNotSupported, AddressNotUnderstood

SCHEMA = "deal_ledger"  # where a ledger lies in a PostgreSQL database, unless ?schema= says otherwise
HIDDEN = "***"

_SERVER = re.compile(r"(postgres(?:ql)?)(?:\+psycopg)?://(.*)", re.DOTALL)
_LOGIN = re.compile(r"^([^:@/?]*):(.*)@", re.DOTALL)  # to the last @: rather too much than too little
_PAIRS = re.compile(r"(\bpassword\s*=).*", re.DOTALL)
_MISTYPED = re.compile(r"^((?:[\w+]*:?/+)?[^:@]*):.*@", re.DOTALL)  # which would be a path
_OPTION = re.compile(r"([\w%]+)(\s*=\s*)([^&\s]*)")
_SECRETS = ("password", "sslpassword", "oauth_client_secret", "token")
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,47}")


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """A ledger on a PostgreSQL server: what libpq is told, and the schema. `str()` gives what may be shown."""

    conninfo: str
    schema: str
    shown: str

    def __str__(self) -> str:
        return self.shown


def answers_of(schema: str) -> str:
    """The schema beside a ledger's own, in which projections keep their tables."""
    return f"{schema}_answers"


def parse(address: str) -> Path | ServerAddress:
    """The file or the server's database that an address names.

    Raises AddressNotSupported (another kind of database), AddressNotUnderstood.
    """
    if "://" not in address:
        if _PAIRS.search(address):
            raise AddressNotUnderstood(shown(address))  # libpq's other way to write it; no file is called so
        return Path(address)
    if found := _SERVER.fullmatch(address):
        return _server(found[2], address)
    kind, _, rest = address.partition("://")
    path = unquote(rest.partition("?")[0])
    if kind.split("+")[0] != "sqlite" or not path.startswith("/") or path == "/":
        raise AddressNotSupported(kind.split("+")[0])
    return Path(path[1:])


def shown(address: str) -> str:
    """The address as it may be printed: a password in it is hidden."""
    found = _SERVER.fullmatch(address)
    if found is None:
        return _PAIRS.sub(rf"\1{HIDDEN}", _without_secrets(_MISTYPED.sub(rf"\1:{HIDDEN}@", address)))
    masked = _LOGIN.sub(rf"\1:{HIDDEN}@", found[2])
    return _without_secrets(f"{found[1]}://{masked}")


def _without_secrets(text: str) -> str:
    """The same without the values of options that are secret, however libpq lets their names be written."""
    return _OPTION.sub(lambda o: f"{o[1]}{o[2]}{HIDDEN}" if unquote(o[1]).lower() in _SECRETS else o[0], text)


def _server(rest: str, address: str) -> ServerAddress:
    # Not read as a URL: libpq's may name several hosts. Whoever's password has a bare @ or / in it would have a part
    # of it taken for a host, and told in an error.
    login = _LOGIN.match(rest)
    if login and ("@" in login[2] or "/" in login[2] or "?" in login[2]):
        raise AddressNotUnderstood(shown(address))
    place, _, query = rest.partition("?")
    options = [option.partition("=") for option in query.split("&") if option]
    schema = next((value for name, _, value in options if name == "schema"), SCHEMA)
    if not _NAME.fullmatch(schema) or schema.startswith("pg_"):
        raise AddressNotUnderstood(shown(address))
    others = "&".join("".join(option) for option in options if option[0] != "schema")
    return ServerAddress(f"postgresql://{place}{'?' if others else ''}{others}", schema, shown(address))
