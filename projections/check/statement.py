"""Statements: each adds up, and has its digest."""

import hashlib
from decimal import Decimal, localcontext

from projections.check.findings import Findings
from projections.check.rule import Told

DIGITS = 60


def check_statement(position: int, text: str, data: Told, findings: Findings) -> None:
    """A statement adds up, and has the digest of its own JSON without the digest."""
    said = data.get("digest", "")
    bare = text.replace(f',"digest":"{said}"', "")
    if hashlib.sha256(bare.encode()).hexdigest() != said:
        findings.is_wrong(f"The statement #{position} does not have its digest.")
    with localcontext() as context:
        context.prec = DIGITS
        total = closing_of(data)
    if total != Decimal(data["closing"]):
        findings.is_wrong(f"The statement #{position} does not add up: {total}, and it says {data['closing']}.")


def closing_of(data: Told) -> Decimal:
    """What a statement comes to, from its own lines."""
    total = Decimal(data["opening"])
    for told in data.get("dues", []) + data.get("true_ups", []):
        amount = Decimal(told.get("amount") or 0)
        total += amount if told["payer"] == data["payer"] else -amount
    total -= sum(Decimal(receipt["amount"]) for receipt in data.get("receipts", []))
    return total
