"""What a deal refuses, in whole sentences, and the nearest that it takes."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import pytest

from ledger.batch import Draft
from ledger.entry import Entry
from ledger.errors import Refusal
from ledger.events import Amended, PartnerAdded, Pays
from tests.desk import OPEN, OPEN_ENDED, Desk, Form, form


class Rule(NamedTuple):
    """Given what is on record, `asked` is refused with `sentence`; `taken` is its nearest neighbour, and is not."""

    claim: str
    given: tuple[Form, ...]
    asked: Form
    sentence: str
    taken: Form


def amend(dated: str, pays: str | list[str] = (), **fields: object) -> Form:
    return form("amend", dated, **({"pays": pays} if pays else {}), **fields)


def plan(dated: str, pays: str, **fields: object) -> Form:
    return form("plan", dated, pays=pays, **fields)


def void(entry: object, reason: str = "mistyped") -> Form:
    return form("void", entry=entry, reason=reason)


def correct(entry: object, reason: str = "mistyped", **fields: object) -> Form:
    return form("correct", entry=entry, reason=reason, **fields)


def met(on: str, dated: str) -> Form:
    return form("met", dated, condition="launch", on=on)


SIXTY = amend("2024-02-01", "Acme -> Bolt as compute: 60% of revenue")
FORTY = amend("2024-02-01", "Acme -> Bolt as compute: 40% of revenue")
UNTIL_LAUNCH = amend("2024-02-01", "Acme -> Bolt as compute: 20% of revenue until launch")
PLAN = plan("2024-03-01", "Acme -> Bolt as compute: 10% of revenue")
NORD = form("partner add", "2024-03-01", party="Nord")
ENDED = form("end", "2024-05-01", through="2024-06-30")
POOL = amend("2024-02-01", pool="resellers: Bolt")

ABOUT_THE_DEAL = [
    Rule(
        "a deal is opened before it is changed",
        (),
        amend("2024-02-01", "Acme -> Bolt: 5% of revenue"),
        "There is no deal 'acme-bolt' in this ledger. List the deals with: deal deals; start one with: "
        "deal open acme-bolt",
        OPEN,
    ),
    Rule(
        "a mistyped deal is guessed",
        (OPEN,),
        form("amend", "2024-02-01", deal="acme-bot", pays="Acme -> Bolt: 5% of revenue"),
        "There is no deal 'acme-bot' in this ledger. Did you mean acme-bolt? List the deals with: deal "
        "deals; start one with: deal open acme-bot",
        amend("2024-02-01", "Acme -> Bolt: 5% of revenue"),
    ),
    Rule(
        "a name is taken once",
        (OPEN,),
        OPEN,
        "There is a deal 'acme-bolt' already, opened by #1. Change it with: deal amend acme-bolt; or "
        "open the new one under another name.",
        {**OPEN, "deal": "acme-bolt-2"},
    ),
    Rule(
        "a deal's name is a slug",
        (),
        {**OPEN, "deal": "Acme"},
        "'Acme' cannot name a deal. Use 1 to 64 lower-case letters a-z, digits and hyphens, starting and"
        " ending with a letter or digit, for example openai-microsoft; the title may be anything.",
        {**OPEN, "deal": "a" * 64},
    ),
    Rule(
        "a slug has an end",
        (),
        {**OPEN, "deal": "a" * 65},
        "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' cannot name a deal. Use 1 "
        "to 64 lower-case letters a-z, digits and hyphens, starting and ending with a letter or digit, "
        "for example openai-microsoft; the title may be anything.",
        {**OPEN, "deal": "0"},
    ),
    Rule(
        "a slug does not end with a hyphen",
        (),
        {**OPEN, "deal": "acme-"},
        "'acme-' cannot name a deal. Use 1 to 64 lower-case letters a-z, digits and hyphens, starting "
        "and ending with a letter or digit, for example openai-microsoft; the title may be anything.",
        {**OPEN, "deal": "acme--bolt"},
    ),
    Rule(
        "a deal's title is one line",
        (),
        {**OPEN, "title": "Acme\nBolt"},
        "'Acme\\nBolt' cannot be the name of a deal. Use 1 to 200 printable characters in any script, in "
        "Unicode's composed form (NFC), without line breaks or spaces at either end.",
        {**OPEN, "title": "شركة أكمي"},
    ),
    Rule(
        "an instrument sets something",
        (OPEN,),
        amend("2024-02-01"),
        "The instrument sets nothing. Give at least one --pays, --defines, --right, --commits, --pool, "
        "--term or --drop; a statement that all stands is: deal affirm",
        amend("2024-02-01", pool="resellers"),
    ),
    Rule(
        "after its end a deal takes nothing dated after it",
        (OPEN, ENDED),
        amend("2024-07-01", "Acme -> Bolt: 5% of revenue"),
        "acme-bolt ended on 2024-06-30 by #2, and this instrument is dated 2024-07-01, after that. If "
        "the end was entered wrongly, correct or void #2; a new agreement is a new deal: deal open",
        amend("2024-06-30", "Acme -> Bolt: 5% of revenue"),
    ),
    Rule(
        "after its end a deal takes corrections of what was before",
        (OPEN, FORTY, ENDED),
        form("affirm", "2024-07-01", statement="It all stands."),
        "acme-bolt ended on 2024-06-30 by #3, and this instrument is dated 2024-07-01, after that. If "
        "the end was entered wrongly, correct or void #3; a new agreement is a new deal: deal open",
        correct(2, dated="2024-02-02"),
    ),
    Rule(
        "a deal ends when it has begun",
        (OPEN,),
        form("end", "2024-02-01", through="2024-01-14"),
        "The deal starts on 2024-01-15 and ends before that, on 2024-01-14. Give a last day that is the "
        "first day or later.",
        form("end", "2024-02-01", through="2024-01-15"),
    ),
]

ABOUT_DAYS = [
    Rule(
        "nothing is dated in the future",
        (OPEN,),
        amend("2026-01-02", pool="p"),
        "The instrument is dated 2026-01-02, and today is 2026-01-01: nobody can have signed or "
        "published it yet. Give the day it was signed or published; the day from which it takes effect "
        "is --from.",
        amend("2026-01-01", pool="p"),
    ),
    Rule(
        "nothing is known since the future",
        (OPEN,),
        amend("2025-12-31", pool="p", known_since="2026-01-02"),
        "The instrument is known since 2026-01-02, and today is 2026-01-01: nobody can have signed or "
        "published it yet. Give the day it was signed or published; the day from which it takes effect "
        "is --from.",
        amend("2025-12-31", pool="p", known_since="2026-01-01"),
    ),
    Rule(
        "nothing is known before it is dated",
        (OPEN,),
        amend("2024-02-01", pool="p", known_since="2024-01-31"),
        "The instrument would be known since 2024-01-31, before it was dated on 2024-02-01. Give a "
        "--known-since day that is the dated day or later, or leave it out.",
        amend("2024-02-01", pool="p", known_since="2024-02-01"),
    ),
    Rule(
        "a clause does not end before it starts",
        (OPEN,),
        amend("2024-02-01", "Acme -> Bolt: 5% of revenue from 2024-03-02 through 2024-03-01"),
        "The span of 'Acme -> Bolt' starts on 2024-03-02 and ends before that, on 2024-03-01. Give a "
        "last day that is the first day or later.",
        amend("2024-02-01", "Acme -> Bolt: 5% of revenue from 2024-03-01 through 2024-03-01"),
    ),
    Rule(
        "a term does not end before it starts",
        (OPEN_ENDED,),
        amend("2024-02-01", term="2024-02-01..2024-01-31"),
        "The span of 'term' starts on 2024-02-01 and ends before that, on 2024-01-31. Give a last day "
        "that is the first day or later.",
        amend("2024-02-01", term="2024-02-01..2024-02-01"),
    ),
]

ABOUT_PARTIES = [
    Rule(
        "who pays is a party",
        (OPEN,),
        amend("2024-02-01", "Acne -> Bolt: 5% of revenue"),
        "'Acne' is neither a party nor a pool of acme-bolt, which has Acme, Bolt and Cargo. Check the "
        'spelling, or add it first with: deal partner add acme-bolt "Acne"',
        amend("2024-02-01", "Acme -> Bolt: 5% of revenue"),
    ),
    Rule(
        "who is paid is a party or a pool",
        (OPEN,),
        amend("2024-02-01", "Acme -> resellers: 5% of revenue"),
        "'resellers' is neither a party nor a pool of acme-bolt, which has Acme, Bolt and Cargo. Check "
        'the spelling, or add it first with: deal partner add acme-bolt "resellers"',
        amend("2024-02-01", "Acme -> resellers: 5% of revenue", pool="resellers"),
    ),
    Rule(
        "who has a right is a party",
        (OPEN,),
        amend("2024-02-01", right="Nord: audit"),
        "'Nord' is neither a party nor a pool of acme-bolt, which has Acme, Bolt and Cargo. Check the "
        'spelling, or add it first with: deal partner add acme-bolt "Nord"',
        form("partner add", "2024-02-01", party="Nord", right="Nord: audit"),
    ),
    Rule(
        "nobody pays herself",
        (OPEN,),
        amend("2024-02-01", "Acme -> Acme: 5% of revenue"),
        "'Acme' cannot pay itself. Name two different parties: PAYER -> PAYEE.",
        amend("2024-02-01", "Bolt -> Acme: 5% of revenue"),
    ),
    Rule(
        "a party is no pool",
        (OPEN,),
        amend("2024-02-01", pool="Bolt"),
        "'Bolt' would be both a party and a pool. Give the pool another name.",
        amend("2024-02-01", pool="Bolt and others: Bolt"),
    ),
    Rule(
        "a partner is added once",
        (OPEN, NORD),
        form("partner add", "2024-03-02", party="Nord"),
        "Nord is in acme-bolt already, from 2024-03-01 on. If that day is wrong, correct the entry that "
        "says so; nobody joins twice.",
        form("partner add", "2024-03-02", party="Süd"),
    ),
    Rule(
        "a partner comes back the day after it left",
        (OPEN, NORD, form("partner leave", "2024-05-01", party="Nord", through="2024-06-30")),
        form("partner add", "2024-07-01", party="Nord", from_="2024-06-30"),
        "Nord is in acme-bolt already, from 2024-03-01 on. If that day is wrong, correct the entry that "
        "says so; nobody joins twice.",
        form("partner add", "2024-07-01", party="Nord", from_="2024-07-01"),
    ),
    Rule(
        "nobody leaves before joining",
        (OPEN, NORD),
        form("partner leave", "2024-04-01", party="Nord", through="2024-02-29"),
        "Nord is not in acme-bolt on 2024-02-29, so that this cannot be its last day there. See who is "
        "in on a day with: deal show DEAL --on DAY",
        form("partner leave", "2024-04-01", party="Nord", through="2024-03-01"),
    ),
    Rule(
        "nobody leaves twice",
        (OPEN, NORD, form("partner leave", "2024-04-01", party="Nord", through="2024-04-30")),
        form("partner leave", "2024-05-01", party="Nord", through="2024-05-01"),
        "Nord is not in acme-bolt on 2024-05-01, so that this cannot be its last day there. See who is "
        "in on a day with: deal show DEAL --on DAY",
        form("partner leave", "2024-05-01", party="Nord", through="2024-04-30"),
    ),
    Rule(
        "a partner joins a pool that there is",
        (OPEN, POOL),
        form("partner add", "2024-03-01", party="Nord", pool="retailers"),
        "'retailers' is not a pool of acme-bolt, which has resellers. Check the spelling, or make it "
        'with: deal amend acme-bolt --pool "retailers"',
        form("partner add", "2024-03-01", party="Nord", pool="resellers"),
    ),
    Rule(
        "a party that is in a pool is in it once",
        (OPEN, POOL),
        form("partner add", "2024-03-01", party="Bolt", pool="resellers"),
        "Bolt is in resellers already, from 2024-02-01 on. If that day is wrong, correct the entry that "
        "says so; nobody joins twice.",
        form("partner add", "2024-03-01", party="Cargo", pool="resellers"),
    ),
]

ABOUT_CLAUSES = [
    Rule(
        "a share is at most 100 %",
        (OPEN,),
        amend("2024-02-01", "Acme -> Bolt: 100.01% of revenue"),
        "A share of 100.01% of revenue is not between 0% and 100%. If a part flows the other way, name "
        "the payer and the payee the other way round; if the contract means a factor, write it as one: "
        "1.10 * revenue.",
        amend("2024-02-01", "Acme -> Bolt: 100% of revenue"),
    ),
    Rule(
        "a share is not below 0 %",
        (OPEN,),
        amend("2024-02-01", "Acme -> Bolt: -0.01% of revenue"),
        "A share of -0.01% of revenue is not between 0% and 100%. If a part flows the other way, name "
        "the payer and the payee the other way round; if the contract means a factor, write it as one: "
        "1.10 * revenue.",
        amend("2024-02-01", "Acme -> Bolt: 0% of revenue"),
    ),
    Rule(
        "one instrument says a thing once for a day",
        (OPEN,),
        amend(
            "2024-02-01",
            ["Acme -> Bolt: 5% of revenue through 2024-06-30", "Acme -> Bolt: 6% of revenue from 2024-06-30"],
        ),
        "One instrument sets 'Acme -> Bolt' twice for 2024-06-30. Give each clause its own name (as "
        "NAME), or spans that do not overlap.",
        amend(
            "2024-02-01",
            ["Acme -> Bolt: 5% of revenue through 2024-06-30", "Acme -> Bolt: 6% of revenue from 2024-07-01"],
        ),
    ),
    Rule(
        "a second flow between two parties has a name",
        (OPEN, FORTY),
        amend("2024-03-01", "Acme -> Bolt: 5% of revenue"),
        "There is a flow from Acme to Bolt already: 'compute'. A second flow between the two needs a "
        "name, and a change of that one needs its name: Acme -> Bolt as NAME: ...",
        amend("2024-03-01", "Acme -> Bolt as hosting: 5% of revenue"),
    ),
    Rule(
        "a second flow in the same instrument has a name",
        (OPEN,),
        amend("2024-03-01", ["Acme -> Bolt as compute: 5% of revenue", "Acme -> Bolt: 5% of revenue"]),
        "There is a flow from Acme to Bolt already: 'compute'. A second flow between the two needs a "
        "name, and a change of that one needs its name: Acme -> Bolt as NAME: ...",
        amend("2024-03-01", ["Acme -> Bolt as compute: 5% of revenue", "Bolt -> Acme: 5% of revenue"]),
    ),
    Rule(
        "a flow's name stays a flow's",
        (OPEN, FORTY),
        amend("2024-03-01", right="Acme as compute: audit"),
        "'compute' is a clause of the kind 'pays' in this deal and cannot become one of the kind "
        "'right'. Give the new clause another name, and drop the old one if it ends.",
        amend("2024-03-01", right="Acme as audit: audit"),
    ),
    Rule(
        "a name is of one kind within an instrument",
        (OPEN,),
        amend(
            "2024-03-01", "Acme -> Bolt as x: 5% of revenue through 2024-06-30", right="Acme as x: a from 2024-07-01"
        ),
        "'x' is a clause of the kind 'pays' in this deal and cannot become one of the kind 'right'. Give"
        " the new clause another name, and drop the old one if it ends.",
        amend(
            "2024-03-01", "Acme -> Bolt as x: 5% of revenue through 2024-06-30", right="Acme as y: a from 2024-07-01"
        ),
    ),
    Rule(
        "no clause is called 'term' but the term",
        (OPEN_ENDED,),
        amend("2024-03-01", "Acme -> Bolt as term: 5% of revenue"),
        "'term' is a clause of the kind 'term' in this deal and cannot become one of the kind 'pays'. "
        "Give the new clause another name, and drop the old one if it ends.",
        amend("2024-03-01", "Acme -> Bolt as terms: 5% of revenue"),
    ),
    Rule(
        "what does not hold yet is not dropped",
        (OPEN, FORTY),
        amend("2024-03-01", drop="compute from 2024-01-31"),
        "'compute' does not hold on 2024-01-31, so that it cannot be dropped from that day. On that day "
        "there is no clause.",
        amend("2024-03-01", drop="compute from 2024-02-01"),
    ),
    Rule(
        "what ended with the term is not dropped",
        (OPEN, FORTY),
        amend("2024-03-01", drop="compute from 2028-01-01"),
        "'compute' does not hold on 2028-01-01, so that it cannot be dropped from that day. On that day "
        "there is no clause.",
        amend("2024-03-01", drop="compute from 2027-12-31"),
    ),
    Rule(
        "what was dropped is not dropped again",
        (OPEN, FORTY, amend("2024-03-01", drop="compute")),
        amend("2024-04-01", drop="compute"),
        "'compute' does not hold on 2024-04-01, so that it cannot be dropped from that day. On that day "
        "there is no clause.",
        amend("2024-04-01", drop="compute from 2024-02-29"),
    ),
    Rule(
        "a plan may drop what only a plan sets; an amendment may not",
        (OPEN, PLAN),
        amend("2024-03-02", drop="compute"),
        "'compute' does not hold on 2024-03-02, so that it cannot be dropped from that day. On that day "
        "there is no clause.",
        form("plan", "2024-03-02", drop="compute"),
    ),
    Rule(
        "a condition is met that a clause waits for",
        (OPEN, UNTIL_LAUNCH),
        form("met", "2024-06-01", condition="lunch", on="2024-06-01"),
        "No clause of acme-bolt waits for 'lunch'; its conditions are launch. Check the spelling, or "
        "enter the clause that names it first.",
        met("2024-06-01", "2024-06-01"),
    ),
    Rule(
        "a condition is not met after the paper that says so",
        (OPEN, UNTIL_LAUNCH),
        met("2024-06-02", "2024-06-01"),
        "'launch' would be met on 2024-06-02, after the paper that says so was dated on 2024-06-01. Give"
        " the day of the paper with --dated.",
        met("2024-06-01", "2024-06-01"),
    ),
    Rule(
        "a condition is met once",
        (OPEN, UNTIL_LAUNCH, met("2024-06-01", "2024-06-01")),
        met("2024-07-01", "2024-07-01"),
        "'launch' was met on 2024-06-01 by #3 already. If that day is wrong, correct #3; a condition is met once.",
        correct(3, on="2024-05-31"),
    ),
]

ABOUT_SUMS = [
    Rule(
        "shares of one measure are at most 100 % together",
        (OPEN, SIXTY),
        amend("2024-03-01", "Acme -> Cargo: 40.01% of revenue"),
        "On 2024-03-01 the flat shares that Acme pays of revenue would add up to 100.01%, more than "
        "100%: 40.01% to Cargo (this instrument) and 60% to Bolt (#2). Lower or"
        " drop one from that day, or take it of another measure.",
        amend("2024-03-01", "Acme -> Cargo: 40% of revenue"),
    ),
    Rule(
        "shares of another measure are counted apart",
        (OPEN, SIXTY),
        amend("2024-03-01", "Acme -> Cargo: 41% of revenue"),
        "On 2024-03-01 the flat shares that Acme pays of revenue would add up to 101%, more than 100%: "
        "41% to Cargo (this instrument) and 60% to Bolt (#2). Lower or drop one"
        " from that day, or take it of another measure.",
        amend("2024-03-01", "Acme -> Cargo: 41% of profit"),
    ),
    Rule(
        "a backdated amendment breaks a day in between",
        (
            OPEN,
            amend("2024-06-01", "Acme -> Bolt as compute: 70% of revenue through 2024-06-30"),
            amend("2024-06-01", "Acme -> Bolt as compute: 10% of revenue from 2024-07-01"),
        ),
        amend("2024-03-01", "Acme -> Cargo: 40% of revenue"),
        "On 2024-06-01 the flat shares that Acme pays of revenue would add up to 110%, more than 100%: "
        "40% to Cargo (this instrument) and 70% to Bolt (#2). Lower or drop one"
        " from that day, or take it of another measure.",
        amend("2024-03-01", "Acme -> Cargo: 40% of revenue through 2024-05-31"),
    ),
    Rule(
        "an extension of the term carries two shares over each other",
        (
            OPEN,
            amend("2024-02-01", "Acme -> Bolt as compute: 60% of revenue"),
            amend("2024-02-01", "Acme -> Cargo as later: 50% of revenue from 2028-07-01 through 2028-12-31"),
        ),
        form("extend", "2025-01-01", through="2028-07-01"),
        "On 2028-07-01 the flat shares that Acme pays of revenue would add up to 110%, more than 100%: "
        "60% to Bolt (#2) and 50% to Cargo (#3). Lower or drop one from that day, or take it of another "
        "measure.",
        form("extend", "2025-01-01", through="2028-06-30"),
    ),
    Rule(
        "voiding a drop brings a share back under another",
        (OPEN, SIXTY, amend("2024-03-01", drop="compute"), amend("2024-04-01", "Acme -> Cargo: 50% of revenue")),
        void(3),
        "On 2024-04-01 the flat shares that Acme pays of revenue would add up to 110%, more than 100%: "
        "50% to Cargo (#4) and 60% to Bolt (#2). Lower or drop one from that day, or take it of another "
        "measure.",
        void(4),
    ),
    Rule(
        "voiding what lowered a share brings back the higher",
        (
            OPEN,
            SIXTY,
            amend("2024-03-01", "Acme -> Bolt as compute: 20% of revenue"),
            amend("2024-04-01", "Acme -> Cargo: 50% of revenue"),
        ),
        void(3),
        "On 2024-04-01 the flat shares that Acme pays of revenue would add up to 110%, more than 100%: "
        "50% to Cargo (#4) and 60% to Bolt (#2). Lower or drop one from that day, or take it of another "
        "measure.",
        correct(3, pays="Acme -> Bolt as compute: 50% of revenue"),
    ),
    Rule(
        "a condition met uncovers a higher share",
        (
            OPEN,
            SIXTY,
            amend("2024-03-01", "Acme -> Bolt as compute: 20% of revenue until launch then as before"),
            amend("2024-04-01", "Acme -> Cargo: 50% of revenue through 2024-12-31"),
        ),
        met("2024-12-31", "2025-01-01"),
        "On 2024-12-31 the flat shares that Acme pays of revenue would add up to 110%, more than 100%: "
        "50% to Cargo (#4) and 60% to Bolt (#2). Lower or drop one from that day, or take it of another "
        "measure.",
        met("2025-01-01", "2025-01-01"),
    ),
    Rule(
        "an adopted plan counts, a plan does not",
        (OPEN, SIXTY, plan("2024-03-01", "Acme -> Cargo: 50% of revenue")),
        form("adopt", "2024-03-02", plan=3),
        "On 2024-03-01 the flat shares that Acme pays of revenue would add up to 110%, more than 100%: "
        "50% to Cargo (this instrument) and 60% to Bolt (#2). Lower or drop one"
        " from that day, or take it of another measure.",
        form("adopt", "2024-03-02", plan=3, pays="Acme -> Cargo: 40% of revenue"),
    ),
    Rule(
        "a correction is held against the whole timeline",
        (OPEN, FORTY, amend("2024-04-01", "Acme -> Cargo: 60% of revenue")),
        correct(3, pays="Acme -> Cargo: 61% of revenue"),
        "On 2024-04-01 the flat shares that Acme pays of revenue would add up to 101%, more than 100%: "
        "61% to Cargo (this instrument) and 40% to Bolt (#2). Lower or drop one"
        " from that day, or take it of another measure.",
        correct(3, pays="Acme -> Cargo: 61% of profit"),
    ),
]

ABOUT_PLANS = [
    Rule(
        "only a plan is adopted",
        (OPEN, FORTY, PLAN),
        form("adopt", "2024-04-01", plan=2),
        "#2 is not a plan but Amended, so that it cannot be adopted. Look for plans with: deal log DEAL",
        form("adopt", "2024-04-01", plan=3),
    ),
    Rule(
        "a plan is adopted once",
        (OPEN, PLAN, form("adopt", "2024-04-01", plan=2)),
        form("adopt", "2024-05-01", plan=2),
        "The plan #2 was adopted by #3 already. If that was entered wrongly, void #3 first.",
        void(3),
    ),
    Rule(
        "what was withdrawn is not adopted",
        (OPEN, PLAN, form("withdraw", "2024-04-01", plan=2)),
        form("adopt", "2024-05-01", plan=2),
        "The plan #2 was withdrawn by #3 already. If that was entered wrongly, void #3 first.",
        plan("2024-05-01", "Acme -> Bolt as compute: 10% of revenue"),
    ),
    Rule(
        "a plan is not withdrawn before it was dated",
        (OPEN, PLAN),
        form("withdraw", "2024-02-29", plan=2),
        "The plan #2 is dated 2024-03-01 and cannot be withdrawn before that, on 2024-02-29. Check the "
        "dated day of both.",
        form("withdraw", "2024-03-01", plan=2),
    ),
    Rule(
        "a plan is not adopted before it was dated",
        (OPEN, PLAN),
        form("adopt", "2024-02-29", plan=2),
        "The plan #2 is dated 2024-03-01 and cannot be adopted before that, on 2024-02-29. Check the "
        "dated day of both.",
        form("adopt", "2024-03-01", plan=2),
    ),
    Rule(
        "an adopted plan is not dated after its adoption",
        (OPEN, PLAN, form("adopt", "2024-04-01", plan=2)),
        correct(2, dated="2024-04-02"),
        "The plan #2 is dated 2024-04-02 and cannot be adopted before that, on 2024-04-01. Check the "
        "dated day of both.",
        correct(2, dated="2024-04-01"),
    ),
    Rule(
        "an adopted plan stays a plan",
        (OPEN, PLAN, form("adopt", "2024-04-01", plan=2)),
        correct(2, as_="amend"),
        "The plan #2 was adopted by #3 already. If that was entered wrongly, void #3 first.",
        correct(3, dated="2024-04-02"),
    ),
    Rule(
        "an adopted plan is not voided",
        (OPEN, PLAN, form("adopt", "2024-04-01", plan=2)),
        void(2),
        "The plan #2 was adopted by #3 already. If that was entered wrongly, void #3 first.",
        void(3),
    ),
    Rule(
        "a void plan is not adopted",
        (OPEN, PLAN, void(2)),
        form("adopt", "2024-04-01", plan=2),
        "Entry 2 of acme-bolt does not stand in the books of this deal, so that it cannot be adopted. "
        "Look for plans with: deal log DEAL",
        void(3),
    ),
]

ABOUT_MENDING = [
    Rule(
        "a void needs a reason",
        (OPEN, FORTY),
        void(2, ""),
        "A void needs a reason. Say why with: --reason TEXT",
        void(2, "x"),
    ),
    Rule(
        "spaces are no reason",
        (OPEN, FORTY),
        void(2, " \t"),
        "A void needs a reason. Say why with: --reason TEXT",
        void("#2"),
    ),
    Rule(
        "a correction needs a reason",
        (OPEN, FORTY),
        correct(2, "", dated="2024-02-02"),
        "A correction needs a reason. Say why with: --reason TEXT",
        correct(2, dated="2024-02-02"),
    ),
    Rule(
        "what is not there is not voided",
        (OPEN,),
        void(2),
        "There is no entry #2 in this ledger. See the entries with: deal log",
        void(1),
    ),
    Rule(
        "a key that names nothing is not voided",
        (OPEN,),
        void("k"),
        "'k' names no entry: neither recorded before nor earlier in this file. Name it by its number "
        "(#12) or by its key.",
        void("1"),
    ),
    Rule(
        "what is void is not voided again",
        (OPEN, FORTY, void(2)),
        void(2),
        "#2 was voided by #3 already (mistyped). If that was wrong, void #3 to bring it back.",
        void(3),
    ),
    Rule(
        "what is void is not corrected",
        (OPEN, FORTY, void(2)),
        correct(2, dated="2024-02-02"),
        "#2 was voided by #3 already (mistyped). If that was wrong, void #3 to bring it back.",
        void(3),
    ),
    Rule(
        "what was replaced is not corrected again, its correction is",
        (OPEN, FORTY, correct(2, dated="2024-02-02")),
        correct(2, dated="2024-02-03"),
        "#2 was replaced by #3 already (mistyped). If that was wrong, correct or void #3.",
        correct(3, dated="2024-02-03"),
    ),
    Rule(
        "a void has nothing to correct",
        (OPEN, FORTY, void(2)),
        correct(3, note="x"),
        "#3 is EntryVoided, which has nothing to correct. Void it and enter the right one.",
        void(3),
    ),
    Rule(
        "a correction says something else",
        (OPEN, FORTY),
        correct(2, pays="Acme -> Bolt as compute: 40% of revenue"),
        "The correction says the same as #2. Give what should stand there instead.",
        correct(2, note="seen on paper"),
    ),
    Rule(
        "an opening with an entry on it is not voided",
        (OPEN, FORTY),
        void(1),
        "#1 opens acme-bolt, and another entry stands on it, so that it cannot be voided. To mend what "
        "it set, enter an amendment with the same dated day: deal amend acme-bolt --dated 2024-01-15",
        void(2),
    ),
    Rule(
        "an opening with entries on it is not corrected",
        (OPEN, FORTY, PLAN),
        correct(1, title="x"),
        "#1 opens acme-bolt, and 2 other entries stand on it, so that it cannot be corrected. To mend "
        "what it set, enter an amendment with the same dated day: deal amend acme-bolt --dated "
        "2024-01-15",
        void(2),
    ),
    Rule(
        "an opening alone may be corrected, and stays an opening",
        (OPEN,),
        correct(1, as_="amend"),
        "A correction of #1 must stay what it is: an opening stays an opening, and nothing else becomes "
        "one. Void the entry and enter the right one.",
        correct(1, title="Acme and Bolt"),
    ),
    Rule(
        "nothing else becomes the opening by a void of a void",
        (OPEN, void(1), OPEN_ENDED),
        void(2),
        "There is a deal 'acme-bolt' already, opened by #3. Change it with: deal amend acme-bolt; or "
        "open the new one under another name.",
        void(3),
    ),
    Rule(
        "two corrections do not stand in one place",
        (OPEN, FORTY, correct(2, dated="2024-02-02"), void(3), correct(2, dated="2024-02-03")),
        void(4),
        "Without #4, #3 and #5 would both stand in the place of one entry. Void #5 first.",
        void(5),
    ),
    Rule(
        "a plan ends once, also by a void of a void",
        (OPEN, PLAN, form("adopt", "2024-04-01", plan=2), void(3), form("withdraw", "2024-05-01", plan=2)),
        void(4),
        "The plan #2 was withdrawn by #5 already. If that was entered wrongly, void #5 first.",
        void(5),
    ),
    Rule(
        "a condition is met once, also by a void of a void",
        (OPEN, UNTIL_LAUNCH, met("2024-06-01", "2024-06-01"), void(3), met("2024-07-01", "2024-07-01")),
        void(4),
        "'launch' was met on 2024-07-01 by #5 already. If that day is wrong, correct #5; a condition is met once.",
        void(5),
    ),
    Rule(
        "a key is of one kind, also by a void of a void",
        (OPEN, FORTY, void(2), amend("2024-03-01", right="Acme as compute: audit")),
        void(3),
        "'compute' is a clause of the kind 'right' in this deal and cannot become one of the kind "
        "'pays'. Give the new clause another name, and drop the old one if it ends.",
        void(4),
    ),
    Rule(
        "a party that a clause names is not voided away",
        (OPEN, NORD, amend("2024-04-01", "Acme -> Nord: 5% of revenue")),
        void(2),
        "Without #2 nothing says who 'Nord' is, whom #3 names. Undo #3 first.",
        void(3),
    ),
    Rule(
        "a party that left had joined",
        (OPEN, NORD, form("partner leave", "2024-05-01", party="Nord", through="2024-06-30")),
        void(2),
        "Without #2 nothing says who 'Nord' is, whom #3 names. Undo #3 first.",
        void(3),
    ),
    Rule(
        "a pool with members is not voided away",
        (
            OPEN,
            amend("2024-02-01", pool="resellers"),
            form("partner add", "2024-03-01", party="Nord", pool="resellers"),
        ),
        void(2),
        "Without #2 nothing says who 'resellers' is, whom #3 names. Undo #3 first.",
        void(3),
    ),
]

RULES = [*ABOUT_THE_DEAL, *ABOUT_DAYS, *ABOUT_PARTIES, *ABOUT_CLAUSES, *ABOUT_SUMS, *ABOUT_PLANS, *ABOUT_MENDING]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.claim)
def test_refuses_what_breaks_a_rule_and_takes_its_neighbour(rule: Rule, tmp_path):
    desk = Desk(tmp_path, *rule.given)
    before = desk.ledger.entries.head()
    with pytest.raises(Refusal) as refused:
        desk.tell(rule.asked)
    assert str(refused.value) == rule.sentence
    assert refused.value.exit_code == 1
    assert desk.ledger.entries.head() == before
    desk.tell(rule.taken)
    assert desk.ledger.entries.head() == before + 1


PAYS = "Acme -> Bolt: 5% of revenue"

NAMES = [
    "أوبن أيه آي",
    "東雲 株式会社",
    "בנק לאומי",
    "می\u200cخواهم",
    "क्\u200dष",
    "Ångström & Söhne: A",
    "O'Neill",
    '"quoted"',
    "x" * 200,
]

NO_NAMES = {
    "a line break": "Acme\nInc",
    "a tab": "Acme\tInc",
    "an escape": "Acme\x1b[2J",
    "a NUL": "Acme\x00",
    "an override that turns the line round": "Acme\u202ecnI",
    "an isolate": "\u2066Acme\u2069",
    "a zero-width space": "Ac\u200bme",
    "half a surrogate pair": "Acme\udc00",
    "too many characters": "x" * 201,
    "nothing": "",
    "joiners and nothing else": "\u200d\u200c",
}


@pytest.mark.parametrize("name", NAMES)
def test_names_are_free_text_in_any_script(name, tmp_path):
    desk = Desk(tmp_path, {**OPEN, "party": ["Acme", name], "title": name})
    head = name.replace("\\", "\\\\").replace('"', '\\"')
    desk.tell(amend("2024-02-01", f'Acme -> "{head}" as share: 5% of revenue'))
    flow = desk.ledger.entries.at(2).event.clauses[0]
    assert flow.payee == name


@pytest.mark.parametrize("name", NO_NAMES.values(), ids=NO_NAMES)
@pytest.mark.parametrize("field", ["party", "pool"])
def test_names_hide_nothing(field, name, tmp_path):
    asked = {**OPEN, "party": ["Acme", name]} if field == "party" else {**OPEN, "pool": name or ":"}
    with pytest.raises(Refusal) as refused:
        Desk(tmp_path, asked)
    assert str(refused.value) == (
        f"{name!r} cannot be the name of a {field}. Use 1 to 200 printable characters in any script, in Unicode's "
        "composed form (NFC), without line breaks or spaces at either end."
    )


def test_composed_and_decomposed_are_one_name(tmp_path):
    desk = Desk(tmp_path, {**OPEN, "party": ["Acme", "Émile"], "title": "E\u0301mile"})
    with pytest.raises(Refusal, match="Émile is in acme-bolt already, from 2024-01-15 on"):
        desk.tell(form("partner add", "2024-02-01", party="E\u0301mile"))
    desk.tell(amend("2024-02-01", "Acme -> E\u0301mile: 5% of revenue until pru\u0308fung"))
    desk.tell(form("met", "2024-06-01", condition="prüfung", on="2024-06-01"))
    assert desk.ledger.entries.at(2).event.clauses[0].key == "Acme -> Émile"


def test_an_event_made_by_a_program_keeps_the_rules_of_names(tmp_path):
    desk = Desk(tmp_path, {**OPEN, "party": ["Acme", "Émile"]})
    decomposed = PartnerAdded(dated=date(2024, 2, 1), start=date(2024, 2, 1), party="E\u0301mile")
    with pytest.raises(Refusal, match="cannot be the name of a party"):
        desk.ledger.record([Draft("acme-bolt", decomposed)], "Dana")
    turned = Pays(start=date(2024, 2, 1), payer="Acme", payee="Émile", terms="5% of revenue", name="a\u202eb")
    with pytest.raises(Refusal, match="cannot be the name of a clause"):
        desk.ledger.record([Draft("acme-bolt", Amended(dated=date(2024, 2, 1), clauses=(turned,)))], "Dana")


# --- what is no event of the deal itself ------------------------------------------------------------------


def test_a_correction_does_not_move_an_entry_to_another_deal(tmp_path):
    desk = Desk(tmp_path, OPEN, FORTY, {**OPEN, "deal": "other"})
    with pytest.raises(Refusal) as refused:
        desk.tell(correct(2, note="x") | {"deal": "other"})
    assert str(refused.value) == (
        "#2 belongs to acme-bolt, and a correction cannot move it to other. "
        "Void #2 and enter the instrument under other."
    )
    with pytest.raises(Refusal) as refused:
        desk.tell(void(2) | {"deal": "other"})
    assert str(refused.value) == "There is no entry #2 in other. See the entries with: deal log"


def test_a_key_is_one_instrument(tmp_path):
    desk = Desk(tmp_path, OPEN)
    first = amend("2024-02-01", PAYS, key="k")
    assert desk.tell(first)[0].entry.position == 2
    [again] = desk.tell(first)
    assert (again.entry.position, again.already) == (2, True)
    with pytest.raises(Refusal) as refused:
        desk.tell(amend("2024-02-02", PAYS, key="k"))
    assert refused.value.exit_code == 5
    assert str(refused.value) == (
        "The key 'k' was used by #2 with other content. Use a new key for a new instrument; if #2 is wrong, correct it."
    )


def test_a_key_stands_once_in_a_batch(tmp_path):
    desk = Desk(tmp_path, OPEN)
    with pytest.raises(Refusal) as refused:
        desk.tell(amend("2024-02-01", PAYS, key="k"), amend("2024-02-02", PAYS, key="k"))
    assert refused.value.exit_code == 5
    assert str(refused.value) == (
        "The key 'k' stands twice in one batch. Give each instrument its own key.\n"
        "1 instrument is refused; nothing was recorded."
    )
    assert desk.events() == ["DealOpened"]


def test_an_empty_key_is_none_at_all(tmp_path):
    desk = Desk(tmp_path, OPEN)
    with pytest.raises(Refusal) as refused:
        desk.tell(amend("2024-02-01", PAYS, key=""))
    assert str(refused.value) == "'key' is '', which is not understood. Give a text that is not empty, or none."


@pytest.mark.parametrize(
    "again",
    [
        void(2) | {"key": "k"},
        correct(2, remove="hosting") | {"key": "k"},
        correct(2, pays="Acme -> Bolt as hosting: 7% of revenue") | {"key": "k"},
        form("adopt", "2024-03-02", plan=3, from_="2024-06-01", key="k"),
        form("withdraw", "2024-03-02", plan=3, key="k"),
    ],
    ids=lambda asked: asked["event"],
)
def test_what_is_about_an_entry_is_recorded_once_under_its_key(again, tmp_path):
    two = amend("2024-02-01", ["Acme -> Bolt as compute: 5% of revenue", "Acme -> Bolt as hosting: 6% of revenue"])
    desk = Desk(tmp_path, OPEN, two, PLAN, again)
    assert [(told.entry.position, told.already) for told in desk.tell(again)] == [(4, True)]


# --- what a correction leaves -----------------------------------------------------------------------------


def test_a_corrected_clause_keeps_its_days(tmp_path):
    interim = form(
        "interim", "2024-02-01", from_="2024-03-01", through="2026-12-31",
        pays=["Acme -> Bolt as a: 20% of revenue", "Acme -> Cargo as b: 20% of revenue from 2025-01-01"],
    )  # fmt: skip
    desk = Desk(tmp_path, OPEN, interim, correct(2, pays="Acme -> Cargo as b: 25% of revenue"))
    there = desk.ledger.deal("acme-bolt").standing.facts[1].instrument
    assert [(c.key, c.terms, c.start, c.through) for c in there.clauses] == [
        ("a", "20% of revenue", date(2024, 3, 1), date(2026, 12, 31)),
        ("b", "25% of revenue", date(2025, 1, 1), date(2026, 12, 31)),
    ]
    desk.tell(correct(3, through="2025-12-31"))
    there = desk.ledger.deal("acme-bolt").standing.facts[1].instrument
    assert {c.through for c in there.clauses} == {date(2025, 12, 31)}


def test_a_correction_of_a_correction_of_a_correction_stands_in_the_first_place(tmp_path):
    desk = Desk(tmp_path, OPEN, SIXTY)
    desk.tell(amend("2024-02-01", "Acme -> Bolt as compute: 5% of revenue"))
    for entry, rate in ((2, 61), (4, 62), (5, 63)):
        desk.tell(correct(entry, pays=f"Acme -> Bolt as compute: {rate}% of revenue"))
    books = desk.ledger.deal("acme-bolt").standing
    assert [(fact.place, str(fact.entry)) for fact in books.facts] == [(1, "#1"), (3, "#3"), (2, "#6")]
    assert books.in_force.on(date(2024, 2, 1))["compute"].clause.terms == "5% of revenue"


def test_what_was_once_accepted_loads_for_ever(tmp_path):
    desk = Desk(tmp_path, OPEN)
    both = Amended(
        dated=date(2030, 1, 1), clauses=(Pays(start=date(1, 1, 1), payer="X", payee="X", terms="999% of y"),)
    )
    mapper = desk.ledger.mapper
    desk.ledger.entries.insert_events([mapper.to_stored_event(Entry("acme-bolt", 2, both))])
    assert desk.ledger.deal("acme-bolt").entries[1].event == both
