"""What holds for every test: no learner's progress is touched, and cells that need what is missing are skipped."""

from __future__ import annotations

import os

import pytest

from tlslearn.course import needs

# Whoever runs the tests may have set it for their own lessons; kernels inherit what stands here.
os.environ.pop("TLSLEARN_DATA", None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip each notebook cell tagged `needs:<name>` where <name> is missing; in CI, which has all programs, run it."""
    for item in items:
        cell = getattr(item, "cell", None)  # nbval's items have one
        for tag in [] if cell is None else cell.metadata.get("tags", []):
            name = tag.removeprefix("needs:")
            reason = needs.missing(name) if name != tag else None
            if reason and (name == needs.INTERNET or os.environ.get("CI", "").lower() not in ("true", "1")):
                item.add_marker(pytest.mark.skip(reason=reason))
