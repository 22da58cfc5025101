"""Every refusal: one class each, which builds its own sentence from its own facts.

A refusal says what was asked, what is so, and the remedy. `exit_code` is what the command line ends with:
1 refused or failed, 2 usage, 3 a check found a difference, 4 nothing to answer, 5 conflict.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, dataclass_transform


@dataclass_transform(eq_default=False)
class Refusal(Exception):
    """The base of all refusals; `str()` gives the whole sentence with its remedy.

    A subclass names its facts as annotated fields, as a dataclass does; they are bound here, because making a
    hundred dataclasses takes longer than answering most questions.
    """

    exit_code: ClassVar[int] = 1
    _facts: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        own = (name for name, kind in cls.__annotations__.items() if not kind.startswith("ClassVar"))
        cls._facts = (*cls._facts, *own)

    def __init__(self, *facts: Any, **named: Any) -> None:
        super().__init__(*facts)
        told = dict(zip(self._facts, facts, strict=False)) | named
        missing = [name for name in self._facts if name not in told and not hasattr(type(self), name)]
        if missing or len(facts) > len(self._facts) or not told.keys() <= set(self._facts):
            raise TypeError(f"{type(self).__name__} is made of {', '.join(self._facts)}")
        self.__dict__.update(told)


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`: for sentences."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


# --- how a thing is written -------------------------------------------------------------------------------


class NoSuchDay(Refusal):
    text: str

    def __str__(self) -> str:
        if self.text.count("-") == 1:
            return f"There is no month {self.text} in the calendar. Write YYYY-MM, with a month from 01 to 12."
        return f"There is no day {self.text} in the calendar. Check the month's length and write YYYY-MM-DD."


class NotADay(Refusal):
    text: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return f"'{self.text}' is not a day. Write it as YYYY-MM-DD, for example 2025-01-21, or 'today'."


class NotAPeriod(Refusal):
    text: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return (
            f"'{self.text}' is not a day or a period. Write a day (2025-01-21), a month (2025-01), "
            "a quarter (2025-Q1), a half-year (2025-H1), a year (2025) or 'today'."
        )


class SpanEndsBeforeItStarts(Refusal):
    start: str
    through: str
    what: str = "The span"

    def __str__(self) -> str:
        return (
            f"{self.what} starts on {self.start} and ends before that, on {self.through}. "
            "Give a last day that is the first day or later."
        )


class NotationError(Refusal):
    """A text of the notation that cannot be read: where, what was expected, and how to write it."""

    text: str
    column: int  # 1-based, in characters
    expected: str
    example: str

    def __str__(self) -> str:
        start = max(0, self.column - 1 - 60)
        excerpt = self.text[start : self.column - 1 + 40].replace("\n", " ")
        caret = " " * (self.column - 1 - start) + "^"
        return (
            f"Column {self.column} cannot be read: expected {self.expected}.\n"
            f"    {excerpt}\n    {caret}\n"
            f"Write it like this: {self.example}"
        )


class TermNeedsAnEnd(Refusal):
    text: str

    def __str__(self) -> str:
        return (
            f"The term '{self.text}' has no end. Give its last day or the condition that ends it, for example "
            "2019-07-22..2030-12-31, 2030 or 'until launch'; a deal that runs on needs no term."
        )


class RenewalNeedsAStart(Refusal):
    text: str

    def __str__(self) -> str:
        return (
            f"The term '{self.text}' does not say when the new term begins. Write its first and last day, for example "
            "2031-01-01..2035-12-31; to move only the end, say deal extend."
        )


# --- amounts and terms ------------------------------------------------------------------------------------


class NotAnAmount(Refusal):
    """`meant`: a question about the amount that was probably meant, where that can be told."""

    text: str
    meant: str = ""
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return (
            f"'{self.text}' is not an amount. Write digits with a dot for decimals and, if you like, _ "
            f"between thousands and k, m, bn, tn or % after them: 60m, 1.25bn, 1_200_000.50, 20%.{self.meant}"
        )


class AmountTooLong(Refusal):
    """Of an amount with more digits than are computed with."""

    text: str
    digits: int
    most: int
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return (
            f"'{self.text}' has {self.digits} digits, and an amount has at most {self.most}. "
            "Round it, or write k, m, bn or tn for its zeros: 1.25bn."
        )


class UnknownRounding(Refusal):
    rule: str
    rules: Sequence[str]
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return f"There is no rounding rule '{self.rule}'. Use one of {listed(self.rules)}."


class UnknownCurrency(Refusal):
    currency: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return (
            f"'{self.currency}' is not a currency code. Write the three capital letters of ISO 4217, for example USD."
        )


class NothingToSplitBy(Refusal):
    def __str__(self) -> str:
        return (
            "An amount cannot be split: the weights add to zero, or one of them is negative. "
            "Give at least one weight above zero and none below."
        )


class AmountTooLarge(Refusal):
    what: str
    limit: str = "10^40"

    def __str__(self) -> str:
        return f"{self.what} is too large to be computed exactly. Check the numbers; amounts go up to {self.limit}."


class ShareOutOfRange(Refusal):
    share: str
    measure: str

    def __str__(self) -> str:
        return (
            f"A share of {self.share} of {self.measure} is not between 0% and 100%. If a part flows the "
            "other way, name the payer and the payee the other way round; if the contract means a factor, "
            f"write it as one: 1.10 * {self.measure}."
        )


class FactorOfMeasure(Refusal):
    number: str
    measure: str
    share: str

    def __str__(self) -> str:
        return (
            f"'{self.number} of {self.measure}' reads as a share of {self.share}, which is not between 0% and 100%. "
            f"If it is a factor or a price, write {self.number} * {self.measure}; if it is a promise and no payment, "
            "enter it with --commits."
        )


class NameIsAWord(Refusal):
    name: str

    def __str__(self) -> str:
        return (
            f"'{self.name}' is a word of the notation, so that no formula could refer to it. "
            f"Give it another name, for example {self.name}_amount."
        )


# --- computing terms --------------------------------------------------------------------------------------


class WindowWithoutStart(Refusal):
    window: str

    def __str__(self) -> str:
        return (
            f"A {self.window} cannot be counted: nobody said on which day the contract starts. "
            "Say it (--start 2025-07-01), or use a window of the calendar such as 'year' or "
            "'since 2025-07-01'."
        )


class Circle(Refusal):
    names: Sequence[str]

    def __str__(self) -> str:
        return (
            f"The terms go round in a circle: {' needs '.join(self.names)}. "
            "Let one of them refer to what was before this period: prior(... per life)."
        )


class NamedTwice(Refusal):
    name: str

    def __str__(self) -> str:
        return f"Two lines are both named '{self.name}'. Give each flow and each definition a name of its own."


class NotComputable(Refusal):
    """A formula whose parts do not go together; `why` is a sentence, `remedy` another."""

    text: str
    why: str
    remedy: str

    def __str__(self) -> str:
        return f"'{self.text}' cannot be computed: {self.why}. {self.remedy}"


class ReportedTwice(Refusal):
    measure: str
    first: str
    second: str

    def __str__(self) -> str:
        return (
            f"{self.measure} is reported for {self.first} and again for {self.second}, which overlap. "
            "Report each day once."
        )


class TermsTooLarge(Refusal):
    what: str
    limit: int

    def __str__(self) -> str:
        return f"These terms have more than {self.limit:,} {self.what}. Take some lines out, or compute them apart."


class NothingReported(Refusal):
    line: str

    def __str__(self) -> str:
        return (
            f"For which period '{self.line}' is to be computed cannot be told: it has no 'every', and no "
            "measure is reported for a period. Give one: revenue[2025-Q1]=12m, or --period 2025-Q1."
        )


class SheetRefused(Refusal):
    """Everything that is wrong with a sheet of terms: (line number, refusal) of each."""

    problems: Sequence[tuple[int, Refusal]]

    def __str__(self) -> str:
        return "\n".join(f"Line {number}: {problem}" for number, problem in self.problems)


class NoSuchLine(Refusal):
    name: str
    names: Sequence[str]

    def __str__(self) -> str:
        return f"There is no line '{self.name}' to compute. Name one of these: {', '.join(self.names)}."


class WhichPeriod(Refusal):
    measure: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return (
            f"For which period {self.measure} is reported is not clear. "
            f"Say it: --measure {self.measure}[2025-Q1]=60m, or --period 2025-Q1 for all of them."
        )


class NotAMeasure(Refusal):
    text: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return (
            f"'{self.text}' is not a reported measure. Write name=amount, with a period and dimensions in "
            "brackets: revenue=60m, revenue[2025-Q1]=12m or revenue[2025-Q1, product=api]=3m."
        )


class NotAnOpening(Refusal):
    text: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return (
            f"'{self.text}' is not an opening: it names a period, and an opening is what was counted before the first "
            "one. Write kwh=795m or sales[product=api]=3m, or give the figures of that period with --measure."
        )


class OpenedTwice(Refusal):
    name: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return f"The opening of {self.name} is given twice. Give one amount."


class BadMeasureFile(Refusal):
    path: str
    problems: Sequence[str]

    def __str__(self) -> str:
        found = "\n".join(f"  {problem}" for problem in self.problems)
        return (
            f"{self.path} cannot be read as measures:\n{found}\n"
            "A CSV file has the columns measure, period (or from and through) and amount, and one for each "
            "dimension; or period and a column for each measure. A TOML file has a table for each measure: "
            '[revenue] 2025-Q1 = "12m".'
        )


class NotDated(Refusal):
    text: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return f"'{self.text}' does not say since when a condition holds. Write it like this: launch=2025-03-01."


class NotAllComputed(Refusal):
    missing: Sequence[str]

    def __str__(self) -> str:
        what = f"Not everything could be computed: {'; '.join(self.missing)}."
        if all(one.startswith("the nature of ") for one in self.missing):
            return what  # which says what to do
        return (
            f"{what} Report what is missing (zero is a report as well); where a counter starts later than its "
            "window, give --start or --opening."
        )


# --- what a form or a file does not say -------------------------------------------------------------------


class NotAnEvent(Refusal):
    word: str
    words: Sequence[str]

    def __str__(self) -> str:
        return f"'{self.word}' is not a kind of entry. Write event = one of: {', '.join(self.words)}."


class UnknownField(Refusal):
    field: str
    word: str
    fields: Sequence[str]

    def __str__(self) -> str:
        return f"'{self.word}' has no field '{self.field}'. It has: {', '.join(self.fields)}."


class FieldMissing(Refusal):
    field: str
    word: str

    def __str__(self) -> str:
        option = self.field.replace("_", "-")
        return f"'{self.word}' needs '{self.field}'. Give --{option}, or in a file {self.field} = ..."


class FieldNotUnderstood(Refusal):
    field: str
    value: str
    expected: str

    def __str__(self) -> str:
        return f"'{self.field}' is '{self.value}', which is not understood. Give {self.expected}."


class NotAFile(Refusal):
    """What is to be replaced as a whole, and is a device, a pipe or a folder."""

    path: str

    def __str__(self) -> str:
        return f"{self.path} is no ordinary file, and it stays as it is. Give the name of a file to be written."


class NotReadable(Refusal):
    """A file that cannot be read at all."""

    path: str
    why: str

    def __str__(self) -> str:
        return f"{self.path} cannot be read: {self.why}. Check the file and its encoding (UTF-8)."


class TooLarge(Refusal):
    path: str
    limit: int

    def __str__(self) -> str:
        return (
            f"{self.path} has more than {self.limit:,} bytes, the most that is read at once. "
            "Give it in parts, one after another."
        )


class NoRoomToCompare(Refusal):
    folder: str

    def __str__(self) -> str:
        return (
            f"There is no room in {self.folder} for the copy that the projection is compared with; the rest was "
            "checked. Make room there, or name another folder in TMPDIR; then repeat the command."
        )


class EntryTooLarge(Refusal):
    entry: str
    size: int
    limit: int

    def __str__(self) -> str:
        return (
            f"{self.entry} would have {self.size:,} bytes, and an entry has at most {self.limit:,}. Nothing was "
            "recorded. Attach long papers as files (--attach), or enter the instrument in parts."
        )


class NothingInFile(Refusal):
    path: str

    def __str__(self) -> str:
        return (
            f"{self.path} has no instruments in it. A TOML file has one [[instrument]] table each, a JSON Lines file "
            "one line each, as --dry-run prints them."
        )


class LineNotUnderstood(Refusal):
    why: str

    def __str__(self) -> str:
        return (
            f"{self.why}. A line looks like this: "
            '{"deal":"acme-bolt","event":"Amended","schema":1,"key":null,"data":{...}}; --dry-run prints such lines.'
        )


class Refusals(Refusal):
    """Everything that is refused in a batch: (where, what) each."""

    refused: Sequence[tuple[str, Refusal]]

    def __str__(self) -> str:
        count = len(self.refused)
        each = "\n".join(_placed(place, refusal) for place, refusal in self.refused)
        return f"{each}\n{count} {'instrument is' if count == 1 else 'instruments are'} refused; nothing was recorded."

    @property
    def exit_code(self) -> int:  # type: ignore[override]
        """5 where all of them are conflicts, else 1."""
        return 5 if all(refusal.exit_code == 5 for _, refusal in self.refused) else 1


def _placed(place: str, refusal: Refusal) -> str:
    # Under a place that shows its line, the refusal starts a line of its own.
    return f"{place}{'' if not place or place[-1].isspace() else ': '}{refusal}"


class NotInDrafts(Refusal):
    reference: str

    def __str__(self) -> str:
        return (
            f"'{self.reference}' names no entry: neither recorded before nor earlier in this file. "
            "Name it by its number (#12) or by its key."
        )


# --- what a deal does not allow ---------------------------------------------------------------------------


class NotASlug(Refusal):
    slug: str

    def __str__(self) -> str:
        return (
            f"'{self.slug}' cannot name a deal. Use 1 to 64 lower-case letters a-z, digits and hyphens, starting and "
            "ending with a letter or digit, for example openai-microsoft; the title may be anything."
        )


class NotAName(Refusal):
    what: str
    name: str

    def __str__(self) -> str:
        return (
            f"{self.name!r} cannot be the name of a {self.what}. Use 1 to 200 printable characters in any script, "
            "in Unicode's composed form (NFC), without line breaks or spaces at either end."
        )


class UnknownDeal(Refusal):
    deal: str
    nearest: Sequence[str] = ()
    exit_code: ClassVar[int] = 1

    def __str__(self) -> str:
        guess = f" Did you mean {' or '.join(self.nearest)}?" if self.nearest else ""
        return (
            f"There is no deal '{self.deal}' in this ledger.{guess} "
            f"List the deals with: deal deals; start one with: deal open {self.deal}"
        )


class SlugTaken(Refusal):
    deal: str
    by: str

    def __str__(self) -> str:
        return (
            f"There is a deal '{self.deal}' already, opened by {self.by}. "
            f"Change it with: deal amend {self.deal}; or open the new one under another name."
        )


class UnknownParty(Refusal):
    party: str
    deal: str
    parties: Sequence[str]

    def __str__(self) -> str:
        return (
            f"'{self.party}' is neither a party nor a pool of {self.deal}, which has {listed(self.parties) or 'none'}. "
            f'Check the spelling, or add it first with: deal partner add {self.deal} "{self.party}"'
        )


class UnknownPool(Refusal):
    pool: str
    deal: str
    pools: Sequence[str]

    def __str__(self) -> str:
        return (
            f"'{self.pool}' is not a pool of {self.deal}, which has {listed(self.pools) or 'none'}. "
            f'Check the spelling, or make it with: deal amend {self.deal} --pool "{self.pool}"'
        )


class PaysItself(Refusal):
    party: str

    def __str__(self) -> str:
        return f"'{self.party}' cannot pay itself. Name two different parties: PAYER -> PAYEE."


class NameTakenByPool(Refusal):
    name: str

    def __str__(self) -> str:
        return f"'{self.name}' would be both a party and a pool. Give the pool another name."


class DatedInTheFuture(Refusal):
    dated: str
    today: str
    what: str = "dated"

    def __str__(self) -> str:
        return (
            f"The instrument is {self.what} {self.dated}, and today is {self.today}: nobody can have signed or "
            "published it yet. Give the day it was signed or published; the day from which it takes effect is --from."
        )


class KnownBeforeDated(Refusal):
    known_since: str
    dated: str

    def __str__(self) -> str:
        return (
            f"The instrument would be known since {self.known_since}, before it was dated on {self.dated}. "
            "Give a --known-since day that is the dated day or later, or leave it out."
        )


class SetsNothing(Refusal):
    event: str

    def __str__(self) -> str:
        return (
            "The instrument sets nothing. Give at least one --pays, --defines, --right, --commits, --pool, --term or "
            "--drop; a statement that all stands is: deal affirm"
        )


class KeySetTwice(Refusal):
    key: str
    day: str

    def __str__(self) -> str:
        return (
            f"One instrument sets '{self.key}' twice for {self.day}. "
            "Give each clause its own name (as NAME), or spans that do not overlap."
        )


class SecondFlowUnnamed(Refusal):
    payer: str
    payee: str
    names: Sequence[str]

    def __str__(self) -> str:
        return (
            f"There is a flow from {self.payer} to {self.payee} already: '{listed(self.names)}'. A second flow between "
            f"the two needs a name, and a change of that one needs its name: {self.payer} -> {self.payee} as NAME: ..."
        )


class KeyOfAnotherKind(Refusal):
    key: str
    kind: str
    before: str

    def __str__(self) -> str:
        return (
            f"'{self.key}' is a clause of the kind '{self.before}' in this deal and cannot become one of the kind "
            f"'{self.kind}'. Give the new clause another name, and drop the old one if it ends."
        )


class DropsNothing(Refusal):
    key: str
    day: str
    keys: Sequence[str]

    def __str__(self) -> str:
        return (
            f"'{self.key}' does not hold on {self.day}, so that it cannot be dropped from that day. "
            f"On that day there {'are' if len(self.keys) > 1 else 'is'} {listed(self.keys) or 'no clause'}."
        )


class LeavesByLeaving(Refusal):
    party: str
    deal: str

    def __str__(self) -> str:
        return (
            f"'{self.party}' is a partner, not a clause, and cannot be dropped. "
            f'Enter its last day with: deal partner leave {self.deal} "{self.party}" --through DAY'
        )


class SharesAddUpTooHigh(Refusal):
    day: str
    payer: str
    measure: str
    total: str
    parts: Sequence[str]

    def __str__(self) -> str:
        return (
            f"On {self.day} the flat shares that {self.payer} pays of {self.measure} would add up to {self.total}, "
            f"more than 100%: {listed(self.parts)}. Lower or drop one from that day, or take it of another measure."
        )


class DealIsOver(Refusal):
    deal: str
    through: str
    by: str
    dated: str

    def __str__(self) -> str:
        return (
            f"{self.deal} ended on {self.through} by {self.by}, and this instrument is dated {self.dated}, after that. "
            f"If the end was entered wrongly, correct or void {self.by}; a new agreement is a new deal: deal open"
        )


class OutsideTheTerm(Refusal):
    key: str
    deal: str
    start: str
    ended: str

    def __str__(self) -> str:
        return (
            f"'{self.key}' begins on {self.start}, and the term of {self.deal} ended on {self.ended}, so that it would "
            f"never hold. Begin a new term with it: --term {self.start}..LAST_DAY; or carry on all that was in force: "
            f"deal renew {self.deal} --term {self.start}..LAST_DAY; or give it a last day of its own, or 'survives'."
        )


class NothingToRenew(Refusal):
    deal: str

    def __str__(self) -> str:
        return f"{self.deal} has no term that a new one could follow. Set one with: deal amend {self.deal} --term A..B"


class NotAPlan(Refusal):
    entry: str
    event: str | None
    verb: str

    def __str__(self) -> str:
        is_what = f"is not a plan but {self.event}" if self.event else "does not stand in the books of this deal"
        return f"{self.entry} {is_what}, so that it cannot be {self.verb}. Look for plans with: deal log DEAL"


class PlanIsDone(Refusal):
    plan: str
    done: str
    by: str

    def __str__(self) -> str:
        return (
            f"The plan {self.plan} was {self.done} by {self.by} already. "
            f"If that was entered wrongly, void {self.by} first."
        )


class DoneBeforePlanned(Refusal):
    plan: str
    planned: str
    verb: str
    dated: str

    def __str__(self) -> str:
        return (
            f"The plan {self.plan} is dated {self.planned} and cannot be {self.verb} before that, on {self.dated}. "
            "Check the dated day of both."
        )


class AlreadyPartner(Refusal):
    party: str
    place: str
    since: str

    def __str__(self) -> str:
        return (
            f"{self.party} is in {self.place} already, from {self.since} on. If that day is wrong, correct the entry "
            "that says so; nobody joins twice."
        )


class NotAPartnerThen(Refusal):
    party: str
    place: str
    through: str

    def __str__(self) -> str:
        return (
            f"{self.party} is not in {self.place} on {self.through}, so that this cannot be its last day there. "
            "See who is in on a day with: deal show DEAL --on DAY"
        )


class UnknownCondition(Refusal):
    condition: str
    deal: str
    conditions: Sequence[str]

    def __str__(self) -> str:
        return (
            f"No clause of {self.deal} waits for '{self.condition}'; its conditions are "
            f"{listed(self.conditions) or 'none'}. Check the spelling, or enter the clause that names it first."
        )


class ConditionMetAlready(Refusal):
    condition: str
    on: str
    by: str

    def __str__(self) -> str:
        return (
            f"'{self.condition}' was met on {self.on} by {self.by} already. If that day is wrong, correct {self.by}; "
            "a condition is met once."
        )


class ConditionMetLater(Refusal):
    condition: str
    on: str
    dated: str

    def __str__(self) -> str:
        return (
            f"'{self.condition}' would be met on {self.on}, after the paper that says so was dated on {self.dated}. "
            "Give the day of the paper with --dated."
        )


class NoReason(Refusal):
    act: str

    def __str__(self) -> str:
        return f"A {self.act} needs a reason. Say why with: --reason TEXT"


class NoSuchEntry(Refusal):
    entry: str
    where: str

    def __str__(self) -> str:
        return f"There is no entry {self.entry} in {self.where}. See the entries with: deal log"


class UndoneAlready(Refusal):
    entry: str
    undone: str
    by: str
    reason: str

    def __str__(self) -> str:
        instead = f"correct or void {self.by}" if self.undone == "replaced" else f"void {self.by} to bring it back"
        return f"{self.entry} was {self.undone} by {self.by} already ({self.reason}). If that was wrong, {instead}."


class CannotCorrect(Refusal):
    entry: str
    event: str

    def __str__(self) -> str:
        return f"{self.entry} is {self.event}, which has nothing to correct. Void it and enter the right one."


class OpensTheDeal(Refusal):
    entry: str
    act: str
    others: int
    deal: str
    dated: str

    def __str__(self) -> str:
        count = "another entry stands" if self.others == 1 else f"{self.others} other entries stand"
        return (
            f"{self.entry} opens {self.deal}, and {count} on it, so that it cannot be {self.act}. To mend what it set, "
            f"enter an amendment with the same dated day: deal amend {self.deal} --dated {self.dated}"
        )


class CorrectionMovesDeal(Refusal):
    entry: str
    deal: str
    to: str

    def __str__(self) -> str:
        return (
            f"{self.entry} belongs to {self.deal}, and a correction cannot move it to {self.to}. "
            f"Void {self.entry} and enter the instrument under {self.to}."
        )


class CorrectionChangesNothing(Refusal):
    entry: str

    def __str__(self) -> str:
        return f"The correction says the same as {self.entry}. Give what should stand there instead."


class OpeningStaysOpening(Refusal):
    entry: str

    def __str__(self) -> str:
        return (
            f"A correction of {self.entry} must stay what it is: an opening stays an opening, and nothing else becomes "
            "one. Void the entry and enter the right one."
        )


class StillUsed(Refusal):
    entry: str
    name: str
    by: str

    def __str__(self) -> str:
        return f"Without {self.entry} nothing says who '{self.name}' is, whom {self.by} names. Undo {self.by} first."


class TwoInOnePlace(Refusal):
    entry: str
    first: str
    second: str

    def __str__(self) -> str:
        return (
            f"Without {self.entry}, {self.first} and {self.second} would both stand in the place of one entry. "
            f"Void {self.second} first."
        )


# --- what is booked under a deal --------------------------------------------------------------------------


class NotNetting(Refusal):
    text: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return f"'{self.text}' does not say who set off what they owe each other. Write it as 'ONE <-> OTHER'."


class NotAPart(Refusal):
    text: str

    def __str__(self) -> str:
        return f"'{self.text}' is not a part of a pool. Write 60%, 12.5% or 1/3: above nothing, at most the whole."


class PartsAddUpTooHigh(Refusal):
    day: str
    pool: str
    parts: Sequence[str]

    def __str__(self) -> str:
        return (
            f"On {self.day} the members' parts of '{self.pool}' would add up to more than the whole: "
            f"{listed(self.parts)}. Lower one from that day, or leave it unsaid."
        )


class NothingToReport(Refusal):
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return "The report has no figure. Give at least one, for example: revenue=1_200_000"


class NotAFigureName(Refusal):
    text: str

    def __str__(self) -> str:
        return (
            f"{self.text!a} cannot name a measure or a dimension, or be a dimension's value. Use letters, digits and "
            "underscores, starting with a letter; a value may be any text that is not empty and can be shown on a line."
        )


class NotADimension(Refusal):
    text: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return f"'{self.text}' does not say a dimension. Write its name and its value: product=api."


class ReportWithoutPeriod(Refusal):
    measure: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return f"For which days {self.measure} is reported is not said. Say it with --period 2025-Q1."


class ReportedInTheFuture(Refusal):
    what: str
    days: str
    today: str

    def __str__(self) -> str:
        return f"{self.what} for {self.days} lies after today ({self.today}). Check the period; report what has been."


class FigureTwice(Refusal):
    what: str
    days: str
    other: str

    def __str__(self) -> str:
        return (
            f"The report gives {self.what} for {self.days} and for {self.other}, which have days in common. "
            "Say every day once, or give the figures dimensions that tell them apart."
        )


class ReportedAlready(Refusal):
    what: str
    days: str
    other: str
    entry: str

    def __str__(self) -> str:
        return (
            f"{self.what} for {self.days} is reported already: for {self.other}, by {self.entry}. If the figure has "
            "been restated, say --restate; if these are more rows of the same days, say --add; if it was mistyped, "
            f"correct the entry: deal correct {self.entry.removeprefix('#')}"
        )


class NatureDiffers(Refusal):
    measure: str
    nature: str
    there: str
    entry: str

    def __str__(self) -> str:
        return (
            f"{self.measure} is a {self.there} since {self.entry}, and is reported as a {self.nature}. Report it as a "
            f"{self.there}, or correct the entry: deal correct {self.entry.removeprefix('#')}"
        )


class NotANature(Refusal):
    text: str

    def __str__(self) -> str:
        return (
            f"'{self.text}' says no measure's nature. Write NAME=flow (it adds up over days), NAME=stock (a value at a "
            "day) or NAME=rate (it holds on each day): price=rate"
        )


class NotAddedUp(Refusal):
    what: str
    nature: str
    days: str
    rows: str

    def __str__(self) -> str:
        return (
            f"{self.what} is a {self.nature}, and has more than one amount for {self.days}{self.rows}. A {self.nature} "
            "is not added up: report one amount for each of its spans, or restate it with --restate."
        )


class AddsToOtherDays(Refusal):
    what: str
    days: str
    other: str
    entry: str

    def __str__(self) -> str:
        return (
            f"{self.what} for {self.days} cannot be added to what {self.entry} reports for {self.other}. Add it for "
            "the same days."
        )


class AddsOtherDimensions(Refusal):
    what: str
    days: str
    entry: str
    by: str

    def __str__(self) -> str:
        return (
            f"{self.what} for {self.days} cannot be added: {self.entry} reports it by {self.by}. Add it by the same "
            "dimensions."
        )


class AddsBeforeRestated(Refusal):
    what: str
    days: str
    entry: str
    later: str
    dated: str

    def __str__(self) -> str:
        return (
            f"{self.what} for {self.days} was restated by {self.entry}, dated {self.later}, and this addition is dated "
            f"{self.dated}: it would be part of what was restated. Date it later."
        )


class AddedAlready(Refusal):
    """A file whose rows stand no more, and that somebody wants to add again."""

    file: str
    deal: str
    entry: str

    def __str__(self) -> str:
        return (
            f"{self.file} was recorded for {self.deal} by {self.entry}, and what it said has been restated since. If "
            f"the restatement does not have its rows, void {self.entry} and add it again: "
            f"deal void {self.entry.removeprefix('#')} --reason ..."
        )


class RestatesOthers(Refusal):
    """A file that is taken again in another grain, in whose days others have figures."""

    file: str
    deal: str
    entry: str
    days: str

    def __str__(self) -> str:
        return (
            f"{self.file} was recorded for {self.deal} before, and summed otherwise; to take it again would take away "
            f"what {self.entry} reports for {self.days}. Sum it as before (--sum-by), or say --restate."
        )


class RestatesPart(Refusal):
    what: str
    days: str
    other: str
    entry: str

    def __str__(self) -> str:
        return (
            f"{self.what} was reported for {self.other} by {self.entry}, and {self.days} has only some of these "
            "days. Restate all of them."
        )


class RestatesLater(Refusal):
    what: str
    days: str
    entry: str
    later: str
    dated: str

    def __str__(self) -> str:
        return (
            f"{self.what} for {self.days} was reported by {self.entry}, dated {self.later}, and this restatement is "
            f"dated {self.dated}, before that. Date it later; if the day of {self.entry} is wrong, correct it: "
            f"deal correct {self.entry.removeprefix('#')}"
        )


class ReportedTwiceThen(Refusal):
    undone: str
    what: str
    days: str
    entries: Sequence[str]

    def __str__(self) -> str:
        return (
            f"Without {self.undone}, {self.what} would be reported twice for {self.days}: by {listed(self.entries)}. "
            "Void one of these first."
        )


class NothingReportedIn(Refusal):
    file: str

    def __str__(self) -> str:
        return f"{self.file} has no rows: nothing was reported. That there was nothing is said as 0."


class RestatesOtherCurrency(Refusal):
    what: str
    other: str
    entry: str
    currency: str

    def __str__(self) -> str:
        return (
            f"{self.what} for {self.other} was reported in {self.currency}, by {self.entry}, and restated in another "
            f"currency: the two would count side by side. Void {self.entry} and report anew, or restate it as 0 "
            f"{self.currency} first."
        )


class StatementDatedEarly(Refusal):
    account: str
    dated: str
    than: str

    def __str__(self) -> str:
        return (
            f"The statement of {self.account} cannot bear the day {self.dated}: {self.than}. Say with --dated on which "
            "day it is issued, or leave it out for today."
        )


class MixedDimensions(Refusal):
    file: str
    deal: str
    measure: str
    kinds: Sequence[str]

    def __str__(self) -> str:
        return (
            f"{self.file} has lines of {self.measure} for {self.deal} {listed(self.kinds)}: they could be parts of one "
            "another or not. Fill in what is missing, or leave the column out with 'ignore' in a mapping."
        )


class NothingRestated(Refusal):
    what: str
    days: str

    def __str__(self) -> str:
        return (
            f"{self.what} for {self.days} was not reported before, so that nothing is restated. "
            "Report it without --restate, or check the period, the dimensions and the currency."
        )


class SameCurrency(Refusal):
    currency: str

    def __str__(self) -> str:
        return f"{self.currency}/{self.currency} needs no rate. Name two currencies, for example EUR/USD."


class NotAPair(Refusal):
    text: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return f"'{self.text}' is not a pair of currencies. Write EUR/USD: how many dollars one euro is."


class NotPositive(Refusal):
    what: str

    def __str__(self) -> str:
        return f"{self.what} is not above zero. Check the number."


class SettledPast(Refusal):
    """A period before one that is stated. `before`: the day before which nothing is in any statement, if it is."""

    deal: str
    period: str
    later: str
    entry: str
    before: str | None = None
    elsewhere: str | None = None
    following: str = ""

    def __str__(self) -> str:
        past = f"{self.deal} is settled past {self.period}: {self.entry} states {self.later}."
        if self.before is None:
            return (
                f"{past} What {self.period} comes to now goes into the statement of the next period; see what was "
                f"stated with: deal balance {self.deal}"
            )
        where = "is in no statement"
        if self.elsewhere:
            where += f", and was settled elsewhere ('{self.elsewhere}')"
        return (
            f"{past} What was due before {self.before} {where}. State it with the next statement: "
            f"deal settle {self.following} {self.deal} --issue --include-earlier"
        )


class EarlierUndecided(Refusal):
    deal: str
    owed: Sequence[str]

    def __str__(self) -> str:
        return (
            f"{self.deal} has amounts of earlier periods that are in no statement: {'; '.join(self.owed)}. Say what "
            "becomes of them: --include-earlier states them with this statement, --settled-elsewhere REASON records "
            "where they were settled."
        )


class EarlierSaidWrongly(Refusal):
    account: str
    period: str

    def __str__(self) -> str:
        return (
            f"The statement of {self.account} for {self.period} does not say one thing of earlier periods. Say since "
            "when they are stated, or where they were settled: days before the first that is stated."
        )


class MixedCurrencies(Refusal):
    clause: str
    currency: str
    other: str
    other_currency: str

    def __str__(self) -> str:
        return (
            f"'{self.clause}' is paid in {self.currency} and computed from '{self.other}', which is paid in "
            f"{self.other_currency}. Let it refer to a definition, or let both be paid in one currency."
        )


class NotPaidThen(Refusal):
    clause: str

    def __str__(self) -> str:
        return (
            f"'{self.clause}' does not say in which periods it is paid, and the days that are settled are no month, "
            "quarter, half-year or year. Settle one of these, or amend the clause: ... every quarter"
        )


class NotStatedYet(Refusal):
    deal: str
    period: str
    payer: str
    payee: str

    def __str__(self) -> str:
        return (
            f"{self.deal}: what {self.payer} owes {self.payee} for {self.period} is not stated yet. Issue it first, "
            f"and close the period then: deal settle {self.period.replace(' to ', '..')} {self.deal} --issue"
        )


class PeriodNotOver(Refusal):
    period: str
    through: str

    def __str__(self) -> str:
        return (
            f"{self.period} is not over: its last day is {self.through}. Ask for a draft, and issue or close it then."
        )


class PeriodIsClosed(Refusal):
    period: str
    closed: str
    entry: str

    def __str__(self) -> str:
        return (
            f"A statement for {self.period} cannot be issued: {self.closed} is closed ({self.entry}), and its "
            "statements stand. What has changed goes into the next statement as a true-up; to issue this one anew, "
            f"reopen the period: deal reopen {self.closed} --reason ..."
        )


class StatedAlready(Refusal):
    account: str
    period: str
    other: str
    entry: str

    def __str__(self) -> str:
        return (
            f"A statement of {self.account} for {self.period} cannot be issued: {self.entry} states {self.other}. "
            "Statements follow one another; what earlier periods come to now goes into the next one as a true-up, and "
            "of periods before the first one with --include-earlier."
        )


class NothingStated(Refusal):
    account: str
    period: str

    def __str__(self) -> str:
        return (
            f"No statement of {self.account} for {self.period} stands. Issue it first: "
            f"deal settle {self.period.replace(' to ', '..')} --issue"
        )


class StatementOutdated(Refusal):
    position: int
    last: int
    exit_code: ClassVar[int] = 5

    def __str__(self) -> str:
        return (
            f"The statement was computed on the entries up to #{self.position}, and #{self.last} was recorded since. "
            "Settle again."
        )


class StatementDoesNotAdd(Refusal):
    account: str
    period: str

    def __str__(self) -> str:
        return (
            f"The statement of {self.account} for {self.period} does not add up, does not go on from the one before, "
            "or its digest is another's. Statements are made by deal settle; do not write them by hand."
        )


class NotIssuedYet(Refusal):
    entry: str

    def __str__(self) -> str:
        return f"{self.entry} is no statement. List the statements with: deal statement"


class NotReported(Refusal):
    what: str

    def __str__(self) -> str:
        return f"There is no {self.what} in this deal. List the statements with: deal statement"


class NothingPaid(Refusal):
    def __str__(self) -> str:
        return "A payment of nothing is none. Give the amount; what was paid back is negative."


class AmountTooFine(Refusal):
    amount: str
    currency: str
    unit: str

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} cannot be paid: the smallest amount is {self.unit}. Check the amount."


class ClosedAlready(Refusal):
    period: str
    closed: str
    entry: str

    def __str__(self) -> str:
        return f"{self.period} cannot be closed: {self.closed} is closed already ({self.entry}). Close what follows it."


class StatementOverlapsClosing(Refusal):
    period: str
    entry: str
    other: str

    def __str__(self) -> str:
        return f"{self.period} cannot be closed: {self.entry} is the statement of {self.other}. Close {self.other}."


class NotClosed(Refusal):
    period: str = ""
    later: str = ""
    entry: str = ""

    def __str__(self) -> str:
        if self.later:
            return (
                f"{self.period} cannot be reopened while {self.later} is closed ({self.entry}). Reopen that one first."
            )
        return "No closing of this period stands, so that nothing is reopened. See what is closed with: deal log"


class CannotUndo(Refusal):
    entry: str
    event: str
    verb: str

    def __str__(self) -> str:
        remedies = {
            "StatementIssued": "What has changed goes into the next statement as a true-up; while the period is not "
            "closed, deal settle --issue issues another in its place",
            "PeriodClosed": "Take it back with: deal reopen PERIOD --reason WHY",
            "PeriodReopened": "Close the period again with: deal close PERIOD",
        }
        return f"{self.entry} ({self.event}) cannot be {self.verb}: others rely on it. {remedies[self.event]}."


# --- what is stored ---------------------------------------------------------------------------------------


class UnreadableEvent(Refusal):
    event: str
    schema: int
    why: str

    def __str__(self) -> str:
        return (
            f"An event '{self.event}' of schema version {self.schema} cannot be read: {self.why}. "
            "Use the version of deal that wrote it, or a newer one."
        )


class NoLedger(Refusal):
    address: str

    def __str__(self) -> str:
        return (
            f"There is no ledger at {self.address}. Make one with: deal init --ledger {self.address}; "
            "or name another with --ledger or DEAL_LEDGER."
        )


class AlreadyALedger(Refusal):
    address: str

    def __str__(self) -> str:
        return f"There is a ledger at {self.address} already. Use it as it is, or name another place with --ledger."


class NotALedger(Refusal):
    address: str

    def __str__(self) -> str:
        return f"{self.address} is not a ledger. Name a ledger with --ledger, or make one: deal init --ledger FILE"


class NewerLedger(Refusal):
    address: str
    found: int
    known: int

    def __str__(self) -> str:
        return (
            f"The ledger at {self.address} has format {self.found}, and this version of deal knows formats up to "
            f"{self.known}. Install a newer version of deal-ledger."
        )


class NotWritable(Refusal):
    address: str

    def __str__(self) -> str:
        return (
            f"The ledger at {self.address} cannot be written: you may only read it. Ask for write permission on the "
            "file and its folder, or work on a copy; questions can be asked as it is."
        )


class CannotOpen(Refusal):
    address: str

    def __str__(self) -> str:
        return (
            f"{self.address} cannot be opened or made: its folder is missing or may not be written. "
            "Make the folder, or name another place with --ledger."
        )


class DiskFull(Refusal):
    address: str

    def __str__(self) -> str:
        return (
            f"The disk of the ledger at {self.address} is full or failing; nothing was recorded. Make room on it, "
            "then repeat the command."
        )


class LedgerBusy(Refusal):
    address: str
    seconds: int
    exit_code: ClassVar[int] = 5

    def __str__(self) -> str:
        return (
            f"Somebody else has been writing to the ledger at {self.address} for {self.seconds} seconds; nothing was "
            "recorded. Repeat the command when that has ended."
        )


class AddressNotSupported(Refusal):
    kind: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return (
            f"A ledger cannot lie in a '{self.kind}' database. Name a file, for example --ledger deals.db, or a "
            "PostgreSQL database: --ledger postgresql:///deals"
        )


# --- a server ---------------------------------------------------------------------------------------------


class AddressNotUnderstood(Refusal):
    address: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return (
            f"The address {self.address} cannot be read. Write it as libpq does, with %40 for @, %2F for / and %3F for "
            "? in a name or a password, and a schema of lower-case letters, digits and _: "
            "postgresql://host/deals?schema=deal_ledger"
        )


class DriverMissing(Refusal):
    def __str__(self) -> str:
        return (
            "The driver for PostgreSQL is not installed. Install it with: pip install 'deal-ledger[postgres]'; or name "
            "a file with --ledger."
        )


class ServerUnreachable(Refusal):
    """`why` is what the server or the network said."""

    address: str
    why: str

    def __str__(self) -> str:
        return (
            f"The server of {self.address} cannot be reached: {self.why}. Check the host and the port, and that the "
            "server runs; then repeat the command."
        )


class LoginRefused(Refusal):
    address: str
    why: str

    def __str__(self) -> str:
        return (
            f"The server of {self.address} does not let you in: {self.why}. Check the user, and the password in "
            "PGPASSFILE, the service file or the address; or ask whoever runs the server."
        )


class NoSuchDatabase(Refusal):
    address: str

    def __str__(self) -> str:
        return (
            f"There is no such database on the server of {self.address}. Check the name, or ask whoever runs the "
            "server to make it: createdb NAME"
        )


class NoServerOfThatKind(Refusal):
    address: str
    wanted: str

    def __str__(self) -> str:
        return (
            f"None of the servers of {self.address} is what target_session_attrs={self.wanted} asks for: they are "
            "standbys that may only be read, or there is no standby. Name all servers, or wait until one is promoted; "
            "then repeat the command."
        )


class TooManyConnections(Refusal):
    address: str
    exit_code: ClassVar[int] = 5

    def __str__(self) -> str:
        return (
            f"The server of {self.address} takes no more connections at this moment; nothing was recorded. Repeat the "
            "command in a while, or raise the server's max_connections."
        )


class ServerWentAway(Refusal):
    address: str

    def __str__(self) -> str:
        return (
            f"The connection to the server of {self.address} broke in the middle of the command; nothing was recorded. "
            "Repeat the command when the server is there again."
        )


class OutcomeUnknown(Refusal):
    address: str

    def __str__(self) -> str:
        return (
            f"IT IS NOT KNOWN WHETHER THIS WAS RECORDED: the connection to the server of {self.address} broke while it "
            "was being committed, and the server could not be asked since. Look with deal log before you repeat the "
            "command; with the same --key, or from the same file, it is recorded once however often it is repeated."
        )


class NotOnStandby(Refusal):
    address: str

    def __str__(self) -> str:
        return (
            f"This was recorded on the primary of {self.address}, and the wait for its standby was cancelled: if the "
            "primary were lost now, it would be lost as well. Do not repeat the command; see with deal servers that "
            "the standby catches up."
        )


class ServerRefused(Refusal):
    """Whatever else a server may say."""

    address: str
    said: str

    def __str__(self) -> str:
        return (
            f"The server of {self.address} refused the command: {self.said}. Nothing was recorded. Ask whoever runs "
            "the server, and give them this sentence."
        )


class DatabaseFailed(Refusal):
    """Whatever else a database may say; in its own words, and without those of the library that we ask it by."""

    said: str

    def __str__(self) -> str:
        return (
            f"The database refused the command: {self.said}. What was acknowledged is recorded, and nothing else. See "
            "whether the ledger is whole with: deal verify"
        )


class WrittenMeanwhile(Refusal):
    address: str
    exit_code: ClassVar[int] = 5

    def __str__(self) -> str:
        return (
            f"{self.address} was written to while it was read, and whoever may only read the file cannot lock it. "
            "Repeat the command."
        )


class NotRecorded(Refusal):
    address: str
    what: str

    def __str__(self) -> str:
        return (
            f"{self.what} was not recorded: the database of {self.address} took it, and does not have it. Something "
            "in it is not the ledger's own. See what with: deal verify"
        )


class CodeInAnswers(Refusal):
    address: str
    schema: str
    what: Sequence[str]

    def __str__(self) -> str:
        return (
            f"The schema {self.schema} of {self.address} has something in it that would run with your rights: "
            f"{listed(self.what)}. Ask who put it there, and throw the schema away (DROP SCHEMA {self.schema} "
            "CASCADE): its tables are made anew from the entries."
        )


class ServerInterrupted(Refusal):
    address: str
    said: str
    exit_code: ClassVar[int] = 5

    def __str__(self) -> str:
        return (
            f"The server of {self.address} gave the command up: {self.said}. Nothing was recorded. Repeat the command."
        )


class NotYours(Refusal):
    """Who may not even read."""

    address: str

    def __str__(self) -> str:
        return (
            f"You may not read the ledger at {self.address}. Ask its owner for the reader's role; deal grants prints "
            "the SQL that gives it."
        )


class RoleMayNot(NotWritable):
    """On a server: who may read, and not write."""

    def __str__(self) -> str:
        return (
            f"Your role may not write this to the ledger at {self.address}. Ask its owner for the writer's role (deal "
            "grants prints the SQL that gives it); questions can be asked as it is."
        )


class OnStandby(NotWritable):
    """On a server that follows another one."""

    def __str__(self) -> str:
        return (
            f"The server of {self.address} is a standby or read-only: it can be asked, and records nothing. Name the "
            "primary, or all servers: postgresql://one,two/deals"
        )


class NoRolesThere(Refusal):
    address: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return (
            f"{self.address} is a file, and a file has no roles: who may do what is said by its permissions. Name a "
            "database with --ledger postgresql:///deals"
        )


class NoServersThere(Refusal):
    address: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return f"{self.address} is a file, and no server. Name one or several with --ledger postgresql://one,two/deals"


class NotARole(Refusal):
    name: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return (
            f"'{self.name}' cannot be the name of a role here. Give three different names of lower-case letters, "
            "digits and _, for example --writer deal_writer"
        )


class NotUtf8(Refusal):
    address: str
    encoding: str

    def __str__(self) -> str:
        return (
            f"The database of {self.address} is encoded in {self.encoding}, and names come in every script. Make one "
            "in UTF-8: createdb --encoding=UTF8 --template=template0 NAME"
        )


class NotStorable(Refusal):
    address: str

    def __str__(self) -> str:
        return (
            f"A key, a name or a text has the character NUL in it, which the database of {self.address} cannot hold. "
            "Nothing was recorded. Take the character out, or keep the ledger in a file."
        )


# --- revenue lines in files -------------------------------------------------------------------------------


class NotLines(Refusal):
    name: str
    why: str

    def __str__(self) -> str:
        return (
            f"{self.name} is not a file of revenue lines: {self.why}. "
            "Give CSV, JSON Lines or Parquet, with a column each for deal, day or period, measure and amount."
        )


class MappingNotReadable(Refusal):
    path: str
    problems: Sequence[str]

    def __str__(self) -> str:
        found = "\n".join(f"  {problem}" for problem in self.problems)
        return (
            f"{self.path} cannot be read as a mapping of columns:\n{found}\n"
            "It is a TOML file with any of the parts [columns], [constants], [measures], [values.NAME], [form] and "
            'ignore = ["THEIR COLUMN"]; [columns] reads: our_word = "THEIR COLUMN".'
        )


class ColumnsNotFit(Refusal):
    name: str
    columns: Sequence[str]
    problems: Sequence[str]

    def __str__(self) -> str:
        found = "\n".join(f"  {problem}" for problem in self.problems)
        return (
            f"The columns of {self.name} do not say what revenue lines say:\n{found}\n"
            f"It has the columns {', '.join(self.columns)}. Say with --mapping FILE which of them is what, "
            "which one to ignore, and what is the same on every row."
        )


class BadRows(Refusal):
    """Every bad row of a file: (number as a person sees it, reason) each; `count` where more than those were found."""

    name: str
    problems: Sequence[tuple[int, str]]
    count: int

    def __str__(self) -> str:
        shown = self.problems[:50]
        found = "\n".join(f"  row {number}: {why}" for number, why in shown)
        more = f"\n  and {self.count - len(shown):,} more" if self.count > len(shown) else ""
        rows = "1 row is" if self.count == 1 else f"{self.count:,} rows are"
        return (
            f"{self.name} cannot be taken: {rows} bad.\n{found}{more}\n"
            "Nothing was taken. Correct them where they come from, or say with --mapping FILE how they are meant."
        )


class LinesOverlap(Refusal):
    name: str
    what: str
    first: str
    first_rows: str
    second: str
    second_rows: str

    def __str__(self) -> str:
        return (
            f"{self.name} reports {self.what} for {self.first} ({self.first_rows}) and again for {self.second} "
            f"({self.second_rows}), which overlap. Nothing was taken. Report each day once, by day or for a period; "
            "where no day itself stands twice, sum the file by day (--by day)."
        )


class TooManySums(Refusal):
    name: str
    limit: int
    dimensions: Sequence[str]

    def __str__(self) -> str:
        return (
            f"{self.name} comes to more than {self.limit:,} sums; its dimensions are {', '.join(self.dimensions)}. "
            "Name those that no terms ask for, such as numbers of invoices, under 'ignore' in the mapping."
        )


class FileChanged(Refusal):
    name: str

    def __str__(self) -> str:
        return f"{self.name} was changed while it was read. Nothing was taken. Wait until it is written, and repeat."


class ExtraMissing(Refusal):
    what: str
    extra: str

    def __str__(self) -> str:
        return f"{self.what} needs what is not installed here. Install it with: pip install 'deal-ledger[{self.extra}]'"


class UnknownEngine(Refusal):
    engine: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return (
            f"There is no engine '{self.engine}'. Write plain, duckdb, local[N] (Spark on this machine), "
            "spark://HOST:PORT (a Spark cluster), sc://HOST:PORT (Spark Connect) or postgresql://HOST/DATABASE."
        )


class EngineUnfit(Refusal):
    engine: str
    why: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.engine} cannot sum revenue lines: {self.why}. {self.remedy}"


class EnginesDisagree(Refusal):
    engine: str
    rows: Sequence[int]
    exit_code: ClassVar[int] = 3

    def __str__(self) -> str:
        return (
            f"{self.engine} cannot read row {listed([str(n) for n in self.rows])}, in which plain Python finds nothing "
            f"bad. Nothing was taken. Try --engine plain, and look at: deal engine check {self.engine}"
        )


# --- questions without an answer --------------------------------------------------------------------------


class NoSuchDeal(UnknownDeal):
    """The same, where it is asked for and not told."""

    exit_code: ClassVar[int] = 4


class NothingKnown(Refusal):
    deal: str
    point: str
    exit_code: ClassVar[int] = 4

    def __str__(self) -> str:
        return (
            f"There was nothing of '{self.deal}' yet, or no longer ({self.point}). "
            f"See when it was agreed and recorded with: deal log {self.deal}"
        )


class NothingStands(Refusal):
    exit_code: ClassVar[int] = 4

    def __str__(self) -> str:
        return (
            "No terms stand in the period asked about, and nothing is owed. See from when to when they stand with: "
            "deal show DEAL --on DAY"
        )


class NothingToCompute(Refusal):
    deal: str
    point: str
    exit_code: ClassVar[int] = 4

    def __str__(self) -> str:
        return (
            f"No clause of '{self.deal}' says anything about money ({self.point}). "
            f"See what it says with: deal show {self.deal}"
        )


class DealAndTerms(Refusal):
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return (
            "--on, --known, --recorded, --as-of, --planned and --evidence ask for a deal's terms. "
            "Name the deal with --deal DEAL, or leave them out."
        )


class NoSuchClause(Refusal):
    key: str
    deal: str
    keys: Sequence[str]
    exit_code: ClassVar[int] = 4

    def __str__(self) -> str:
        return f"{self.deal} has never had a clause '{self.key}'. It has had: {', '.join(self.keys) or 'none'}."


class NotAPoint(Refusal):
    text: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return (
            f"'{self.text}' does not say as recorded by when. Write an entry (#12), a day (2025-05-08, its end in "
            "UTC), a period (2025-Q1) or an instant (2025-05-08T12:00:00Z)."
        )


class NotRecordedYet(Refusal):
    position: int
    head: int

    def __str__(self) -> str:
        last = f"the last one is #{self.head}" if self.head else "the ledger is empty"
        return f"There is no entry #{self.position} yet: {last}. Give an entry that is there, or a day."


# --- conflicts --------------------------------------------------------------------------------------------


class KeyReused(Refusal):
    key: str
    by: str
    exit_code: ClassVar[int] = 5

    def __str__(self) -> str:
        return (
            f"The key '{self.key}' was used by {self.by} with other content. Use a new key for a new instrument; "
            f"if {self.by} is wrong, correct it."
        )


class KeyOfUndone(Refusal):
    key: str
    entry: str
    how: str
    by: str
    reason: str
    exit_code: ClassVar[int] = 5

    def __str__(self) -> str:
        return (
            f"{self.entry}, recorded under the key '{self.key}', is {self.how} by {self.by}: {self.reason}. To record "
            f"the instrument anew, give it a key of its own; to bring {self.entry} back, void {self.by}."
        )


class KeyTwice(Refusal):
    key: str
    other: str
    exit_code: ClassVar[int] = 5

    def __str__(self) -> str:
        return f"The key '{self.key}' stands twice in one batch. Give each instrument its own key."


class ConcurrentWrite(Refusal):
    deals: Sequence[str]
    exit_code: ClassVar[int] = 5

    def __str__(self) -> str:
        return (
            f"Somebody else recorded something about {listed(self.deals)} in the meantime; nothing of this was "
            "recorded. Look at it with deal log, then repeat the command."
        )


# --- what a check found -----------------------------------------------------------------------------------


class TreeDamaged(Refusal):
    position: int
    exit_code: ClassVar[int] = 3

    def __str__(self) -> str:
        return (
            f"The tree of the log cannot be read at #{self.position}: the entry is missing, or its hashes are not "
            "whole. Somebody changed the ledger's file. See what is wrong with: deal verify"
        )


class NotACheckpoint(Refusal):
    name: str

    def __str__(self) -> str:
        return (
            f"{self.name} is not a checkpoint: that is a note of three lines (origin, size, root in base64), an empty "
            "line and at least one signature. Make one with: deal checkpoint > FILE"
        )


class SignatureWrong(Refusal):
    name: str
    exit_code: ClassVar[int] = 3

    def __str__(self) -> str:
        return (
            f"The signature of {self.name} is not of this checkpoint: its text was changed after it was signed, or "
            "somebody else signed it in that name. Do not rely on it; ask for the checkpoint again."
        )


class NotAKey(Refusal):
    name: str

    def __str__(self) -> str:
        return (
            f"The key of {self.name} cannot be read: it is not whole, or not an Ed25519 key as deal key new writes "
            "it. Give the text or the file that deal key new printed."
        )


class NotAKeyName(Refusal):
    name: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return f"'{self.name}' cannot name a key. Use a name without spaces and '+', for example example.com/deals"


class NotALogName(Refusal):
    name: str
    exit_code: ClassVar[int] = 2

    def __str__(self) -> str:
        return (
            f"{self.name!r} cannot name a log: it is a line of its own in a checkpoint, of printable characters. Give "
            "another name with --origin, for example example.com/deals"
        )


class KeyExists(Refusal):
    path: str

    def __str__(self) -> str:
        return f"There is a key at {self.path} already, and it stays as it is. Give the new one another name."


class KeyOpenToOthers(Refusal):
    path: str

    def __str__(self) -> str:
        return (
            f"The key at {self.path} can be read by others than its owner, so that its signatures prove little. "
            f"Close it with: chmod 600 {self.path}"
        )


class NoSuchKey(Refusal):
    name: str
    path: str

    def __str__(self) -> str:
        return f"There is no key '{self.name}' at {self.path}. Make it with: deal key new {self.name}"


class NotWhatWasSigned(Refusal):
    name: str
    origin: str
    signed: int
    why: str
    exit_code: ClassVar[int] = 3

    def __str__(self) -> str:
        return (
            f"The key of {self.name} signed #{self.signed} of the log '{self.origin}', and this log does not continue "
            f"it: {self.why}. Nothing was signed. Bring back what is missing with deal import, or see what differs "
            "with deal verify; a log that begins anew is signed with a new key."
        )


class SignedNotReadable(Refusal):
    path: str
    exit_code: ClassVar[int] = 3

    def __str__(self) -> str:
        return (
            f"What the key signed last cannot be read at {self.path}: it was changed, and a log that is not the one "
            "that was signed would not be noticed. Nothing was signed. Bring the file back from a backup; or, if you "
            "know that the ledger is the one that was signed, move the file away."
        )


class SignedNotKept(Refusal):
    path: str
    why: str

    def __str__(self) -> str:
        return (
            f"What the key signs cannot be kept at {self.path} ({self.why}), nor in the ledger, so that it could sign "
            "two logs under one name. Nothing was signed. Make the folder of the key writable."
        )


class NotInCheckpoint(Refusal):
    position: int
    size: int

    def __str__(self) -> str:
        return f"#{self.position} is not in the checkpoint, which ends at #{self.size}. Make one with: deal checkpoint"


class NotTheBeginning(Refusal):
    old: int
    new: int
    exit_code: ClassVar[int] = 3

    def __str__(self) -> str:
        return (
            f"The log of #{self.old} in the earlier checkpoint is not the beginning of this one of #{self.new}: "
            "history was rewritten, or the two are of different logs. Compare with: deal checkpoint --verify FILE"
        )


class LineNotAnEntry(Refusal):
    place: str
    why: str

    def __str__(self) -> str:
        return (
            f"{self.place} is not an entry of a ledger: {self.why}. Nothing was imported. Import what deal export "
            "or deal bundle wrote; enter instruments with deal record."
        )


class PositionSkipped(Refusal):
    position: int
    expected: int

    def __str__(self) -> str:
        return (
            f"The file has #{self.position} where #{self.expected} should be: it is a part of a log. Nothing was "
            "imported. Import a whole export, or a bundle of all deals."
        )


class LinesPart(Refusal):
    position: int
    ours: str
    theirs: str
    exit_code: ClassVar[int] = 3

    def __str__(self) -> str:
        return (
            f"The two logs part at #{self.position}: here it is {self.ours}; in the file it is {self.theirs}. Nothing "
            "was imported. Import into a new ledger to look at both."
        )


class CheckpointDiffers(Refusal):
    said: int
    found: int
    exit_code: ClassVar[int] = 3

    def __str__(self) -> str:
        return (
            f"The bundle's checkpoint is of #{self.said}, and its {self.found} entries have another root: one of them "
            "was changed or left out. Nothing was imported. Ask for the bundle again; one of a single deal cannot be "
            "imported."
        )


class HistoryChanged(Refusal):
    position: int
    exit_code: ClassVar[int] = 3

    def __str__(self) -> str:
        return (
            f"The server that answers now has another #{self.position} than the one that was told before: it lost what "
            "the other server had acknowledged. Do not go on from there; compare the two with deal verify and deal "
            "checkpoint --verify."
        )


class CopyDiffers(Refusal):
    size: int
    exit_code: ClassVar[int] = 3

    def __str__(self) -> str:
        return (
            f"The copy of the {self.size} entries would have another root than they have where they lie: the tree or a "
            "line was changed there. Nothing was copied. See what is wrong with: deal verify"
        )


class AttachmentDamaged(Refusal):
    digest: str
    exit_code: ClassVar[int] = 3

    def __str__(self) -> str:
        return (
            f"The attached file {self.digest} was changed: its SHA-256 is another one. Nothing was copied. See which "
            "entry names it with: deal verify"
        )


class NotAnAnswer(Refusal):
    schema: str

    def __str__(self) -> str:
        return (
            f"The file is not an answer that can be checked (its schema: {self.schema}). Save one with deal show "
            "--json or deal share --json."
        )
