"""Entries as CloudEvents 1.0 in JSON (https://github.com/cloudevents/spec): one a line, for other systems.

`id` is the position; `source` names the log by the leaf hash of its first entry, which every copy of it shares;
`subject` is the deal; `data` is the event's own JSON, verbatim.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256

import msgspec

from ledger.entry import Row, line

_encode = msgspec.json.Encoder().encode


def cloud_events(rows: Iterable[Row], first: bytes) -> Iterator[bytes]:
    """One event a row; `first` is the leaf hash of the log's first entry."""
    source = f"urn:deal-ledger:{first.hex()}"
    for row in rows:
        position, instant, by, deal, version, event, schema, key, data = row
        attributes = {
            "specversion": "1.0",
            "id": str(position),
            "source": source,
            "type": f"deal-ledger.{event}.v{schema}",
            "subject": deal,
            "time": instant,
            "datacontenttype": "application/json",
            "dealversion": version,
            "recordedby": by,
            "leafhash": sha256(b"\x00" + line(row)).hexdigest(),
            **({"entrykey": key} if key is not None else {}),
            "data": msgspec.Raw(data.encode()),
        }
        yield _encode({name: value for name, value in attributes.items() if value != ""})
