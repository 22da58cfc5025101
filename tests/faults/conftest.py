"""Both databases as places where a soak's ledgers lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.places import Files, Place, Schemas


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return Files(tmp_path) if request.param == "sqlite" else Schemas(request.getfixturevalue("postgres"))
