"""Stories of deals by the thousand: does the product pay what the oracle says?

    python -m tests.money_soak 100000 --seed 1

What differs is printed as somebody would type it; the exit code is 1 if anything does.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.money.stories import Making, Story, dates, product, stories

BATCH = 500
KINDS = (
    stories(cut=False, wild=False),
    stories(Making(slices=True), wild=False),
    stories(),
    stories(Making(windows=False, slices=True), months=13),
    stories(Making(wide=True), wild=False),
    stories(Making(wide=True, slices=True)),
)


def tell(count: int, first: int, kind: int | None = None) -> Counter[str]:
    """How many stories, payments and differences there were."""
    seen: Counter[str] = Counter()
    for number in range(-(-count // BATCH)):
        quiet = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

        @seed(first + number)
        @settings(
            max_examples=BATCH, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=quiet
        )
        @given(KINDS[number % len(KINDS) if kind is None else kind])
        def compared(story: Story) -> None:
            ours, theirs = story.oracle().rows(story.within), product(story)
            wrong = [row for row, amount in ours.items() if theirs.get(row, "no row") != amount]
            seen.update(stories=1, payments=len(ours), computed=sum(a is not None for a in ours.values()))
            seen["different"] += len(wrong)
            if wrong:
                print(story.told())
                for line, days in wrong:
                    theirs_ = theirs.get((line, days), "no row")
                    print(f"  {line} {dates(days)}: oracle {ours[line, days]}, product {theirs_}", flush=True)

        compared()
        print(f"seed {first + number}: " + ", ".join(f"{n:,} {what}" for what, n in seen.items()), flush=True)
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", type=int, help="only the stories of one kind, from 0")
    asked, begun = parser.parse_args(), time.monotonic()
    seen = tell(asked.count, asked.seed, asked.kind)
    print(f"{seen['stories']:,} stories, {seen['different']:,} differences, {time.monotonic() - begun:,.0f} s")
    sys.exit(1 if seen["different"] else 0)


if __name__ == "__main__":
    main()
