"""No address that a release has had disappears unannounced: it is there, or a block says where it went."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.plan.support import REPOSITORY

TREE = REPOSITORY / "terraform"
LIST = REPOSITORY / "tests/plan/addresses.txt"
BLOCK = re.compile(r'^(?:resource "(\w+)"|(module)) "(\w+)" \{$', re.MULTILINE)
MOVED = re.compile(r"^(?:moved|removed) \{\s*\n\s*from\s*=\s*([\w.]+)", re.MULTILINE)


def written() -> Iterator[str]:
    """Every resource and module of the root and the modules, as ``<folder>: <address>``, and every one moved away."""
    for file in sorted(TREE.rglob("*.tf")):
        folder = file.parent.relative_to(REPOSITORY).as_posix()
        # What `make acceptance` applies is destroyed by the same run.
        if {".terraform", "acceptance", "examples"} & set(file.parts):
            continue
        text = file.read_text()
        for resource, module, name in BLOCK.findall(text):
            yield f"{folder}: {resource or module}.{name}"
        for address in MOVED.findall(text):
            yield f"{folder}: {address}"


def test_every_address_is_there_or_moved() -> None:
    listed = LIST.read_text().split("\n")[:-1]
    gone = sorted(set(listed) - set(written()))
    assert not gone, "add a moved block for each of these, see docs/upgrading.md"


def test_every_address_is_listed_for_the_releases_to_come() -> None:
    missing = sorted(set(written()) - set(LIST.read_text().split("\n")))
    assert not missing, f"add to {LIST.relative_to(REPOSITORY)}, in order:\n" + "\n".join(missing)


def test_the_list_is_in_order() -> None:
    listed = LIST.read_text().split("\n")[:-1]
    assert listed == sorted(set(listed))
