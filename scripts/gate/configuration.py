"""The modules that Terraform loads from a checkout, and what an expression in one of them comes from.

Modules are found as Terraform finds them: the root folder, then the local source of each module call. What an
expression is made of is followed through variables, their values in ``*.tfvars``, the arguments of module calls, locals
and other blocks, to the texts that decide it. https://developer.hashicorp.com/terraform/language/files
"""

from __future__ import annotations

import hashlib
import os
import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import NamedTuple

from scripts.gate import hcl, hcl_json
from scripts.gate.hcl import IDENTIFIER, NUMBER, OPERATOR, TEMPLATE, Block, Body, Token, Tokens, Unreadable

CONFIGURATION = (".tf", ".tofu")
VARIABLES = (".tfvars",)

FILE_FUNCTIONS = frozenset(
    [
        "file",
        "filebase64",
        "filebase64sha256",
        "filebase64sha512",
        "fileexists",
        "filemd5",
        "fileset",
        "filesha1",
        "filesha256",
        "filesha512",
        "templatefile",
    ]
)
"""The functions that read a file or a folder. https://developer.hashicorp.com/terraform/language/functions"""

_MOST_VALUES = 64
"""How many texts one expression may have; one with more is not read."""

_DEEPEST = 40
"""How many definitions are followed one behind the other."""


class Place(NamedTuple):
    """A file, as a path below the checkout, and a line."""

    file: str
    line: int


@dataclass
class Module:
    """One folder of configuration: its blocks, each with its file."""

    folder: str
    blocks: list[tuple[str, Block]] = field(default_factory=list)

    def of(self, *types: str) -> Iterator[tuple[str, Block]]:
        """The blocks of these types, each with its file."""
        return ((file, block) for file, block in self.blocks if block.type in types)


class Call(NamedTuple):
    """A module block with a local source: who calls, and the folder that is called."""

    caller: Module
    block: Block
    folder: str


class FunctionCall(NamedTuple):
    """A call of a function: its name, its arguments, and all its tokens."""

    name: str
    arguments: tuple[Tokens, ...]
    tokens: Tokens
    line: int


class Problem(NamedTuple):
    """What stops a pull request, and where."""

    place: Place
    what: str


class Configuration:
    """Everything that Terraform loads from a checkout, beginning at its root module."""

    def __init__(self, checkout: Path, root: str) -> None:
        self.checkout = checkout
        self.root = root
        self.modules: dict[str, Module] = {}
        self.calls: list[Call] = []
        self.remote: list[tuple[Module, str, Block]] = []
        self.values: list[tuple[str, hcl.Attribute]] = []
        self.problems: list[Problem] = []
        self._load(root)
        self._load_values()

    def contains(self, path: str) -> bool:
        """Whether a path below the checkout stays inside it, and out of what Git and Terraform keep there."""
        normal = posixpath.normpath(path)
        parts = normal.split("/")
        return not (
            "\0" in path
            or normal.startswith(("/", "../", "~"))
            or normal == ".."
            or any(part == ".git" or part.startswith(".terraform") for part in parts)
        )

    def texts(self, module: Module, tokens: Tokens, depth: int = 0) -> frozenset[str] | None:
        """Every text that an expression may have, or None when it cannot be read to its end."""
        tokens = [token for token in tokens if token.kind != hcl.NEWLINE]
        if depth > _DEEPEST or not tokens:
            return None
        if len(tokens) == 1:
            return self._text_of_token(module, tokens[0], depth)
        choice = _conditional(tokens)
        if choice:
            return _union(self.texts(module, part, depth + 1) for part in choice)
        if _operator(tokens[0], "(") and _closing(tokens, 0) == len(tokens) - 1:
            return self.texts(module, tokens[1:-1], depth + 1)
        calls = list(function_calls(tokens))
        if len(calls) == 1 and len(calls[0].tokens) == len(tokens) and calls[0].name == "dirname":
            found = self.texts(module, calls[0].arguments[0], depth + 1)
            return None if found is None else frozenset(posixpath.dirname(text) or "." for text in found)
        if [token.kind for token in tokens] == [IDENTIFIER, OPERATOR, IDENTIFIER] and tokens[1].text == ".":
            return self._text_of_name(module, tokens[0].text, tokens[2].text, depth)
        return None

    def sources(self, module: Module, tokens: Tokens) -> dict[object, object]:
        """The texts that an expression comes from, by where they stand; two that are equal decide the same.

        A definition that is not found, and a file that cannot be named, is equal to nothing.
        """
        found: dict[object, object] = {}
        self._follow(module, tokens, found)
        return found

    def paths(self, module: Module, call: FunctionCall) -> frozenset[str] | None:
        """The paths below the checkout that a file function may read, or None when they cannot be known."""
        named = self.texts(module, call.arguments[0]) if call.arguments else None
        if named is None:
            return None
        if call.name == "fileset":
            patterns = self.texts(module, call.arguments[1]) if len(call.arguments) > 1 else None
            if patterns is None:
                return None
            named = frozenset(posixpath.join(folder, pattern) for folder, pattern in product(named, patterns))
        return frozenset(path if path.startswith("~") else posixpath.join(self.root, path) for path in named)

    def _load(self, folder: str) -> None:
        if folder in self.modules:
            return
        module = self.modules[folder] = Module(folder)
        for file in self._files(folder, CONFIGURATION):
            body = self._read(file)
            module.blocks += [(file, block) for block in body.blocks]
            for attribute in body.attributes:
                self._stop(file, attribute.line, f"{attribute.name} stands outside of every block")
        for file, block in module.of("module"):
            self._load_call(module, file, block)

    def _load_call(self, module: Module, file: str, block: Block) -> None:
        source = block.body.attribute("source")
        text = literal_text(source.value) if source else None
        if text is None:
            self._stop(file, block.line, f"the source of {block.name} is no text that stands there")
        elif not text.startswith(("./", "../")) and text not in (".", ".."):
            self.remote.append((module, file, block))
        else:
            folder = posixpath.normpath(posixpath.join(module.folder, text))
            if not self.contains(folder):
                self._stop(file, block.line, f"the source of {block.name} leaves the checkout: {text!r}")
            elif not (self.checkout / folder).is_dir():
                self._stop(file, block.line, f"the source of {block.name} names no folder of the checkout: {text!r}")
            else:
                self.calls.append(Call(module, block, folder))
                self._load(folder)

    def _load_values(self) -> None:
        for file in walk(self.checkout):
            path = self.checkout / file
            if _has_suffix(path.name, VARIABLES) and path.is_file() and not path.is_symlink():
                self.values += [(file, attribute) for attribute in self._read(file, variables=True).attributes]

    def _files(self, folder: str, suffixes: Sequence[str]) -> Iterator[str]:
        for path in sorted((self.checkout / folder).iterdir()):
            if _has_suffix(path.name, suffixes) and not path.is_symlink() and path.is_file():
                yield path.relative_to(self.checkout).as_posix()

    def _read(self, file: str, *, variables: bool = False) -> Body:
        try:
            text = hcl.decode((self.checkout / file).read_bytes())
            if not file.casefold().endswith(".json"):
                return hcl.parse(text)
            return hcl_json.parse_variables(text) if variables else hcl_json.parse(text)
        except Unreadable as error:
            self._stop(file, error.line, f"this cannot be read: {error}")
        return Body()

    def _stop(self, file: str, line: int, what: str) -> None:
        self.problems.append(Problem(Place(file, line), what))

    def _text_of_token(self, module: Module, token: Token, depth: int) -> frozenset[str] | None:
        if token.kind == NUMBER:
            return frozenset([token.text])
        if token.kind == IDENTIFIER and token.text == "null":
            return frozenset()  # no text at all: Terraform refuses to read a file of that name
        if token.kind != TEMPLATE or token.text != '"':
            return None
        choices: list[frozenset[str]] = []
        for part in token.parts:
            found = frozenset([part]) if isinstance(part, str) else self.texts(module, part, depth + 1)
            if found is None:
                return None
            choices.append(found)
        combined = list(product(*choices))
        return frozenset("".join(texts) for texts in combined) if len(combined) <= _MOST_VALUES else None

    def _text_of_name(self, module: Module, kind: str, name: str, depth: int) -> frozenset[str] | None:
        if kind == "path":
            folder = posixpath.relpath(module.folder, self.root)
            return {"module": frozenset([folder]), "root": frozenset(["."])}.get(name)
        if kind not in ("var", "local"):
            return None
        definitions = list(self._definitions(module, (kind, name)))
        values = [definition for definition in definitions if definition.is_value]
        return _union(self.texts(each.module, each.tokens, depth + 1) for each in values) if values else None

    def _follow(self, module: Module, tokens: Tokens, found: dict[object, object]) -> None:
        for call in function_calls(tokens):
            if call.name in FILE_FUNCTIONS:
                self._follow_file(module, call, found)
        for chain in references(tokens):
            if chain[0] in ("var", "local", "data", "module", "ephemeral") and len(chain) == 1:
                found[module.folder, chain] = object()
            for definition in self._definitions(module, chain):
                if definition.key not in found:
                    found[definition.key] = hcl.normal(definition.tokens)
                    self._follow(definition.module, definition.tokens, found)

    def _follow_file(self, module: Module, call: FunctionCall, found: dict[object, object]) -> None:
        for path in self.paths(module, call) or [None]:
            content = self._content(path)
            found["file", module.folder, hcl.normal(call.tokens), path] = content

    def _content(self, path: str | None) -> object:
        if path is None or not self.contains(path):
            return object()
        file = self.checkout / path
        return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "no file"

    def _definitions(self, module: Module, chain: tuple[str, ...]) -> Iterator[_Definition]:
        """What decides a reference: each definition that its first names lead to."""
        kind, name = chain[0], chain[1] if len(chain) > 1 else ""
        if kind == "var":
            yield from self._variable(module, name)
        elif kind == "local":
            for file, block in module.of("locals"):
                for attribute in block.body.attributes:
                    if attribute.name == name:
                        yield _Definition((module.folder, "local", file, name), attribute.value, module, True)
        elif kind == "module":
            yield from self._module(module, name)
        else:
            labels = chain[1:3] if kind in ("data", "ephemeral") else chain[:2]
            for file, block in module.of(kind if kind in ("data", "ephemeral") else "resource"):
                if block.labels == labels:
                    key = (module.folder, block.name, file)
                    yield _Definition(key, tuple(hcl.all_tokens(block.body)), module, False)

    def _variable(self, module: Module, name: str) -> Iterator[_Definition]:
        for file, block in module.of("variable"):
            default = block.body.attribute("default") if block.labels == (name,) else None
            if default:
                yield _Definition((module.folder, "default", file, name), default.value, module, True)
        if module.folder == self.root:
            for file, attribute in self.values:
                if attribute.name == name:
                    yield _Definition((file, name, attribute.line), attribute.value, module, True)
        for call in self.calls:
            argument = call.block.body.attribute(name) if call.folder == module.folder else None
            if argument:
                key = (call.caller.folder, call.block.name, name)
                yield _Definition(key, argument.value, call.caller, True)

    def _module(self, module: Module, name: str) -> Iterator[_Definition]:
        """Everything of a module that is called, for any of it may decide an output."""
        for file, block in module.of("module"):
            if block.labels == (name,):
                yield _Definition((module.folder, block.name, file), tuple(hcl.all_tokens(block.body)), module, False)
        for call in self.calls:
            if call.caller is module and call.block.labels == (name,):
                below = self.modules[call.folder]
                for file, block in below.blocks:
                    key = (below.folder, block.name, file, block.line)
                    yield _Definition(key, tuple(hcl.all_tokens(block.body)), below, False)


class _Definition(NamedTuple):
    """A text that decides a reference; it is a value when the reference has that very value."""

    key: tuple[object, ...]
    tokens: Tokens
    module: Module
    is_value: bool


def walk(checkout: Path) -> Iterator[str]:
    """Every file, link and empty folder of a checkout, as a path below it, without what Git keeps there."""
    for folder, folders, files in os.walk(checkout):
        here = Path(folder).relative_to(checkout)
        folders[:] = sorted(name for name in folders if here != Path() or name != ".git")
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        yield from ((here / name).as_posix() for name in sorted([*files, *links]) if (here / name).as_posix() != ".git")


def literal_text(tokens: Tokens) -> str | None:
    """The text of an expression that is one string without interpolation, or None."""
    return hcl.literal(tokens[0]) if len(tokens) == 1 else None


def function_calls(tokens: Tokens) -> Iterator[FunctionCall]:
    """Every call of a function, those inside templates and arguments too. Provider-defined ones keep their ``::``."""
    for sequence in hcl.every_sequence(tokens):
        code = [token for token in sequence if token.kind != hcl.NEWLINE]
        for place, token in enumerate(code):
            if not _operator(token, "(") or place == 0 or code[place - 1].kind != IDENTIFIER:
                continue
            begin = place - 1
            while begin >= 2 and _operator(code[begin - 1], "::"):
                begin -= 2
            end = _closing(code, place)
            name = "".join(token.text for token in code[begin:place]).removeprefix("core::")
            yield FunctionCall(name, _arguments(code[place + 1 : end]), code[begin : end + 1], code[begin].line)


def references(tokens: Tokens) -> Iterator[tuple[str, ...]]:
    """The names of each reference, such as ``("var", "name")``; some may only look like one."""
    for sequence in hcl.every_sequence(tokens):
        code = [token for token in sequence if token.kind != hcl.NEWLINE]
        for place, token in enumerate(code):
            if token.kind != IDENTIFIER or (place and _operator(code[place - 1], ".")):
                continue
            chain = [token.text]
            at = place + 1
            while at + 1 < len(code) and _operator(code[at], ".") and code[at + 1].kind == IDENTIFIER:
                chain.append(code[at + 1].text)
                at += 2
            if at < len(code) and _operator(code[at], "=") and len(chain) == 1:
                continue
            yield tuple(chain)


def loop_names(tokens: Tokens) -> Iterator[Token]:
    """The names that ``for`` gives to what it goes through, in expressions and in templates."""
    for sequence in hcl.every_sequence(tokens):
        code = [token for token in sequence if token.kind != hcl.NEWLINE]
        for place, token in enumerate(code[:-2]):
            if token.kind == IDENTIFIER and token.text == "for" and code[place + 1].kind == IDENTIFIER:
                yield code[place + 1]
                if _operator(code[place + 2], ",") and place + 3 < len(code):
                    yield code[place + 3]


def _arguments(code: Tokens) -> tuple[Tokens, ...]:
    found: list[list[Token]] = [[]]
    depth = 0
    for token in code:
        if token.kind == OPERATOR:
            depth += (token.text in "([{") - (token.text in ")]}")
            if token.text == "," and depth == 0:
                found.append([])
                continue
        found[-1].append(token)
    return tuple(argument for argument in found if argument)


def _closing(code: Tokens, opening: int) -> int:
    """Where the parenthesis that opens there closes."""
    depth = 0
    for place in range(opening, len(code)):
        if code[place].kind == OPERATOR:
            depth += (code[place].text in "([{") - (code[place].text in ")]}")
            if depth == 0:
                return place
    return len(code) - 1


def _conditional(tokens: Tokens) -> tuple[Tokens, Tokens] | None:
    """The two results of ``condition ? one : other``, or None when the expression is none."""
    depth = 0
    question = None
    for place, token in enumerate(tokens):
        if token.kind != OPERATOR:
            continue
        depth += (token.text in "([{") - (token.text in ")]}")
        if depth == 0 and token.text == "?" and question is None:
            question = place
        elif depth == 0 and token.text == "?":
            return None
        elif depth == 0 and token.text == ":" and question is not None:
            return tokens[question + 1 : place], tokens[place + 1 :]
    return None


def _operator(token: Token, text: str) -> bool:
    return token.kind == OPERATOR and token.text == text


def _union(found: Iterator[frozenset[str] | None]) -> frozenset[str] | None:
    result: set[str] = set()
    for texts in found:
        if texts is None:
            return None
        result |= texts
    return frozenset(result) if len(result) <= _MOST_VALUES else None


def _has_suffix(name: str, suffixes: Sequence[str]) -> bool:
    """Whether Terraform may load a file of this name, on any file system."""
    folded = name.casefold()
    return folded.endswith(tuple(suffixes) + tuple(f"{suffix}.json" for suffix in suffixes))
