"""Adds to a wheel what the tests of an installed course need from the root of the checkout."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CarryRootFiles(BuildHookInterface):  # type: ignore[type-arg]
    """Folders are moved by `sources` in pyproject.toml, which cannot move single files."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":  # an editable installation finds them where they lie
            for name in ("conftest.py", "pyproject.toml"):
                build_data["force_include"][name] = f"tlslearn/carried/{name}"
