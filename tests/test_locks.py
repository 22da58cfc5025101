"""The locks fit pyproject.toml, hold every file by its hash, name no host, and are what these tests run on."""

from __future__ import annotations

import re
import runpy
import tomllib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HOUSE = Path(__file__).parent.parent
PROJECT = tomllib.loads((HOUSE / "pyproject.toml").read_text())
EXTRAS: dict[str, list[str]] = PROJECT["project"]["optional-dependencies"]
# The lock, and the extras that it holds.
LOCKS: dict[str, tuple[str, ...]] = {"demo": (), "test": ("dev",), "spark": ("dev", "spark")}
PLATFORMS = [
    {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": system,
        "platform_machine": machine,
    }
    for python in ("3.11", "3.12", "3.13", "3.14")
    for system, machine in [("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"), ("darwin", "x86_64")]
]


@dataclass(frozen=True)
class Locked:
    requirement: Requirement
    hashes: tuple[str, ...]

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str:
        (one,) = self.requirement.specifier
        assert one.operator == "=="
        return one.version


def text(lock: str) -> str:
    return (HOUSE / "locks" / f"{lock}.lock").read_text()


def locked(lock: str) -> list[Locked]:
    """What a lock holds; a line that is no requirement, hash or comment fails here."""
    lines = [line.split("#")[0].strip() for line in text(lock).replace("\\\n", " ").splitlines()]
    found = []
    for line in filter(None, lines):
        requirement, *hashes = re.split(r"\s+--hash=sha256:", line)
        assert all(re.fullmatch(r"[0-9a-f]{64}", one) for one in hashes), line
        found.append(Locked(Requirement(requirement), tuple(hashes)))
    return found


def asked(lock: str) -> list[Requirement]:
    """What pyproject.toml asks for, with the extras of extras."""
    texts = [*PROJECT["build-system"]["requires"], *PROJECT["project"]["dependencies"]]
    extras = list(LOCKS[lock])
    for extra in extras:
        for one in EXTRAS[extra]:
            requirement = Requirement(one)
            if requirement.name == PROJECT["project"]["name"]:
                extras.extend(requirement.extras)
            else:
                texts.append(one)
    return [Requirement(one) for one in texts]


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda one: "-".join(one.values()))
@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_one_version_in_range_of_all_that_is_asked_for_on_every_platform(lock, platform):
    held = [one for one in locked(lock) if applies(one.requirement.marker, platform)]
    names = [one.name for one in held]
    assert len(names) == len(set(names))
    for requirement in asked(lock):
        (one,) = [one for one in held if one.name == canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(one.version, prereleases=True), f"{requirement} and {one.version}"


def applies(marker: Marker | None, platform: dict[str, str]) -> bool:
    ours = {"implementation_name": "cpython", "platform_python_implementation": "CPython"}
    return marker is None or marker.evaluate({**ours, **platform})


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_in_a_lock_is_an_exact_version_with_hashes(lock):
    assert locked(lock)
    for one in locked(lock):
        assert one.hashes, one.name
        assert one.version
        assert not one.requirement.url


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host_and_no_place(lock):
    assert "://" not in text(lock)
    assert not re.search(r"--(index|extra-index|find-links|trusted)|file:|@ ", text(lock))


@pytest.mark.parametrize(("smaller", "larger"), [("demo", "test"), ("test", "spark")])
def test_a_lock_holds_all_of_the_smaller_one_in_the_same_versions(smaller, larger):
    def lines(lock: str) -> set[tuple[str, str, tuple[str, ...]]]:
        return {(one.name, one.version, one.hashes) for one in locked(lock)}

    assert lines(smaller) < lines(larger)


def test_these_tests_run_on_the_versions_that_are_locked():
    here = [one for one in locked("test") if one.requirement.marker is None or one.requirement.marker.evaluate()]
    assert {one.name: version(one.name) for one in here} == {one.name: one.version for one in here}


@pytest.mark.parametrize(
    ("packages", "said", "code"),
    [
        ([{"name": "a", "version": "1", "vulns": []}], ["1 of 1 packages were looked up; 0 known faults."], 0),
        (
            [{"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["1.1"]}]}],
            ["a 1: CVE-1, mended in 1.1.", "1 of 1 packages were looked up; 1 known faults."],
            3,
        ),
        (
            [{"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "not found"}],
            [
                "1 of 2 packages were looked up; 0 known faults.",
                "NOT AUDITED: b. The database did not answer for them. Repeat it where it can be reached.",
            ],
            1,
        ),
        (
            [],
            [
                "0 of 0 packages were looked up; 0 known faults.",
                "NOT AUDITED. The database did not answer for them. Repeat it where it can be reached.",
            ],
            1,
        ),
    ],
)
def test_an_audit_that_was_not_answered_does_not_look_like_a_clean_one(packages, said, code):
    """What pip-audit prints, in its own shape: a package that it could not look up has a reason, and no list."""
    audit = runpy.run_path(str(HOUSE / "locks" / "audit.py"))
    assert audit["sentences"]({"dependencies": packages, "fixes": []}) == (said, code)
