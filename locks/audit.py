"""`make audit`: ask pip-audit about what a lock holds, and say which of it was really looked at.

pip-audit itself ends well, with "no known vulnerabilities", where its database answers for none of the packages. Here
that is a failure, in words. The exit code: 0 all looked at and clean, 1 not all looked at, 3 faults found.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any


def sentences(answer: dict[str, Any]) -> tuple[list[str], int]:
    """What pip-audit's JSON comes to, and the exit code."""
    packages = answer["dependencies"]
    unseen = [one["name"] for one in packages if "skip_reason" in one]
    faults = [_sentence(one, fault) for one in packages for fault in one.get("vulns", ())]
    seen = len(packages) - len(unseen)
    said = [*faults, f"{seen} of {len(packages)} packages were looked up; {len(faults)} known faults."]
    if unseen or not packages:
        names = f": {', '.join(unseen)}" if unseen else ""
        said.append(f"NOT AUDITED{names}. The database did not answer for them. Repeat it where it can be reached.")
    return said, 3 if faults else 1 if unseen or not packages else 0


def _sentence(package: dict[str, Any], fault: dict[str, Any]) -> str:
    mended = ", ".join(fault["fix_versions"]) or "no version yet"
    return f"{package['name']} {package['version']}: {fault['id']}, mended in {mended}."


def main(program: str, lock: str) -> int:
    command = [program, "--progress-spinner", "off", "--disable-pip", "--require-hashes", "--format", "json"]
    asked = subprocess.run([*command, "--requirement", lock], capture_output=True, text=True, check=False)
    try:
        said, code = sentences(json.loads(asked.stdout))
    except ValueError:
        last = (asked.stderr.strip() or "pip-audit said nothing").splitlines()[-1]
        said, code = [f"NOT AUDITED: {lock}. pip-audit could not ask its database: {last}"], 1
    sys.stdout.write("".join(f"{text}\n" for text in said))
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
