"""What a name may be: of a deal, a party, a pool, a clause."""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import normalize

from ledger.errors import NotAName, NotASlug

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


def check_name(what: str, name: str) -> None:
    """Raises NotAName for what cannot be shown on one line."""
    if not _is_name(name):
        raise NotAName(what, name)


@lru_cache(maxsize=65_536)
def _is_name(name: str) -> bool:
    # The two joiners are part of how Persian, Hindi and others are spelt, and the only invisible characters allowed.
    visible = name.replace("\u200c", "").replace("\u200d", "")
    return 0 < len(name) <= 200 and bool(visible) and visible.isprintable() and name == normalize("NFC", name.strip())


def check_slug(slug: str) -> None:
    """Raises NotASlug for what cannot name a deal in a URL, a file name and a shell without quotes."""
    if not _SLUG.fullmatch(slug):
        raise NotASlug(slug)
