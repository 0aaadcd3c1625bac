"""Environments for tools whose releases clash with the others."""

from pathlib import Path

import pytest

from scripts.lib import environments


def test_a_tool_is_installed_once_for_each_list_of_requirements(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[str] = []

    def uv(*arguments: str) -> None:
        runs.append(arguments[0])
        (tmp_path / ".local/tool").mkdir(parents=True, exist_ok=True)

    monkeypatch.setattr(environments, "_uv", uv)
    monkeypatch.setattr(environments, "ROOT", tmp_path)
    requirements = tmp_path / "requirements.txt"
    for text, times in (("a", 2), ("a", 2), ("b", 4)):
        requirements.write_text(text)
        assert environments.install("tool", requirements) == tmp_path / ".local/tool/bin/python"
        assert len(runs) == times
