"""Import and export: files of instruments into drafts, entries into lines.

A TOML file is made for people: one `[[instrument]]` table a form (see ledger.form). A JSON Lines file is made for
programs: one draft a line, `{"deal", "event", "schema", "key", "data"}`, which is an entry's line without what the
store adds. An export is the entries' own lines.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import msgspec

from ledger import clauses
from ledger.batch import EVERY_DEAL, Draft, uncollected
from ledger.entry import Entry, Row, line
from ledger.errors import FieldMissing, LineNotUnderstood, NothingInFile, NotReadable, Refusal
from ledger.events import Event, Instrument, decode, encode
from ledger.files import text_of, toml_of
from ledger.form import FIELDS, draft_of

EXCERPT_LENGTH = 100
DATED = FIELDS.keys() - {"void", "correct"}

_HEADER = re.compile(r"^\s*\[\[\s*instrument\s*\]\]")


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A draft as one line of JSON."""

    deal: str
    event: str
    data: msgspec.Raw
    schema: int = 1
    key: str | None = None


_decode_line = msgspec.json.Decoder(Line).decode
_encode_line = msgspec.json.Encoder().encode


@uncollected()
def drafts_of(path: Path) -> list[Draft]:
    """The drafts of a file, TOML or JSON Lines by what is in it; each with a key and its place in the file.

    A draft without a key gets one: the digest of its content and which occurrence of it this is in the file, so
    that recording the file again records nothing twice. One that cannot be read says why in `refused`: whoever
    tells the drafts hears of all errors at once. Raises NotReadable, TooLarge, NothingInFile.
    """
    text = text_of(path)
    is_json = text.lstrip()[:1] == "{" or path.suffix in (".jsonl", ".ndjson", ".json")
    drafts = _of_lines(text) if is_json else _of_toml(text, path)
    if not drafts:
        raise NothingInFile(str(path))
    return list(_with_keys(drafts))


def draft_line(entry: Entry) -> bytes:
    """What `record` reads to record this entry, as one line."""
    name, schema, data = encode(entry.event)
    return _encode_line(Line(deal=entry.deal, event=name, schema=schema, key=entry.key, data=msgspec.Raw(data)))


def export_lines(rows: Iterable[Row]) -> Iterator[bytes]:
    """The lines of entries, byte for byte what their leaf hashes are of."""
    return map(line, rows)


# --- JSON Lines -------------------------------------------------------------------------------------------


def _of_lines(text: str) -> list[Draft]:
    lines = ((f"line {number}", content) for number, content in enumerate(text.split("\n"), 1))
    return [_of_line(content, place) for place, content in lines if content.strip()]


def _of_line(content: str, place: str) -> Draft:
    deal = EVERY_DEAL
    try:
        said = _decode_line(content)
        deal = said.deal
        event = decode(said.event, said.schema, bytes(said.data))
        return Draft(deal, clauses.canonical(event), said.key, place=_shown(place, content))
    except (msgspec.MsgspecError, UnicodeEncodeError) as error:
        refusal: Refusal = LineNotUnderstood(str(error))
    except RecursionError:
        refusal = LineNotUnderstood("It is nested too deeply")
    except Refusal as error:
        refusal = error
    return Draft(deal, None, place=_shown(place, content), refused=refusal)


# --- TOML -------------------------------------------------------------------------------------------------


def _of_toml(text: str, path: Path) -> list[Draft]:
    try:
        document = toml_of(text)
    except ValueError as error:
        raise NotReadable(str(path), str(error)) from None
    forms = document.get("instrument", [])
    if not isinstance(forms, list) or set(document) - {"instrument"} or not all(isinstance(f, dict) for f in forms):
        raise NothingInFile(str(path))
    lines = text.splitlines()
    headers = [number for number, content in enumerate(lines, 1) if _HEADER.match(content)]
    drafts = []
    for number, form in enumerate(forms):
        first = headers[number] if len(headers) == len(forms) else 0
        place = f"line {first}" if first else f"instrument {number + 1}"
        if "event" in form:
            place += f" ({form['event']} {form.get('deal', '')})"
        try:
            # `today` would make another entry of the same file tomorrow.
            if "dated" not in form and str(form.get("event")) in DATED:
                raise FieldMissing("dated", str(form.get("event")))
            drafts.append(draft_of(form, place))
        except Refusal as refusal:
            at = _at_field(place, refusal, lines, first)
            drafts.append(Draft(str(form.get("deal", EVERY_DEAL)), None, place=at, refused=refusal))
    return drafts


def _at_field(place: str, refusal: Refusal, lines: Sequence[str], first: int) -> str:
    """The place of the line that the refusal is about: the field's, or the one with the text that it quotes."""
    said = str(getattr(refusal, "text", "") or "")
    field = str(getattr(refusal, "field", "") or "")
    for number in range(first, len(lines)):
        content = lines[number]
        if _HEADER.match(content):
            break
        if (said and said in content) or (field and re.match(rf"\s*{re.escape(field)}\s*=", content)):
            return _shown(f"line {number + 1}", content)
    return place


# --- keys -------------------------------------------------------------------------------------------------


def _with_keys(drafts: Sequence[Draft]) -> Iterator[Draft]:
    seen: Counter[str] = Counter()
    for draft in drafts:
        if draft.key is not None or draft.refused:
            yield draft
            continue
        digest = _digest(draft)
        seen[digest] += 1
        yield msgspec.structs.replace(draft, key=f"sha256:{digest}:{seen[digest]}")


def _digest(draft: Draft) -> str:
    content = [draft.deal, draft.about or ""]
    if isinstance(draft.event, Event):
        event: Event = draft.former or draft.event
        if isinstance(event, Instrument) and event.changes_terms:
            event = msgspec.structs.replace(event, older_rule=False)
            schema = event.first_schema  # a file that version 0.2.0 recorded keeps its keys
        else:
            schema = event.schema
        name, _, data = encode(event)
        content += [name, str(schema), data.decode()]
    else:
        content.append(draft.said)
    return sha256("\x1f".join(content).encode()).hexdigest()[:32]


def _shown(place: str, content: str) -> str:
    excerpt = content.strip()
    return f"{place}: {excerpt[:EXCERPT_LENGTH]}{'…' if len(excerpt) > EXCERPT_LENGTH else ''}\n    "
