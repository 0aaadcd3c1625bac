"""What stops a pull request before ``terraform init``: each way in which it could use the identity that plans it.

A plan carries out what its configuration says: it starts providers with their settings, reads data sources, and
evaluates functions that read files. What decides where a plan reads and what it runs has to be the base's; the rest may
change.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from scripts.gate import files, hcl, hcl_json
from scripts.gate.configuration import (
    FILE_FUNCTIONS,
    Configuration,
    FunctionCall,
    Module,
    Place,
    Problem,
    function_calls,
    literal_text,
    loop_names,
    references,
)
from scripts.gate.hcl import Block, Body, Unreadable

KNOWN_BLOCKS = frozenset(hcl_json.LABELS)
"""The kinds of block that Terraform 1.11 has."""

FREE_DATA = frozenset(
    [
        "aws_acm_certificate",
        "aws_api_gateway_domain_name",
        "aws_api_gateway_resource",
        "aws_api_gateway_rest_api",
        "aws_api_gateway_vpc_link",
        "aws_apigatewayv2_api",
        "aws_apigatewayv2_apis",
        "aws_arn",
        "aws_availability_zones",
        "aws_caller_identity",
        "aws_cognito_user_pool",
        "aws_cognito_user_pools",
        "aws_default_tags",
        "aws_iam_policy_document",
        "aws_kms_alias",
        "aws_partition",
        "aws_region",
        "aws_regions",
        "aws_route53_zone",
        "aws_security_group",
        "aws_service",
        "aws_service_principal",
        "aws_subnet",
        "aws_subnets",
        "aws_vpc",
        "aws_vpc_endpoint",
        "aws_vpcs",
    ]
)
"""Data sources that run nothing, return no secret, and ask nobody but the account itself."""

FREE_EPHEMERAL = frozenset(["aws_secretsmanager_random_password"])
"""Ephemeral resources that read nothing: they make a value up."""

RUNS_THE_CHECKOUT = frozenset(["external"])
"""Data sources that run a program: it may be a file of the pull request, though the block is the base's."""

FOLLOWED_NAMES = frozenset(["data", "ephemeral", "local", "module", "var"])
"""What references begin with that are followed. A loop that gives its items such a name has it mean something else.

That matters beside a file function alone: it is the one place where the guard goes by what a reference means. All else
that is guarded is compared as text, with everything that it may refer to.
"""

_FOLDERS = frozenset(["module", "root"])
"""The folders that ``path`` names; a loop may call its items so where neither is meant."""

_BUILT_IN = "terraform"
"""The provider that is part of Terraform itself."""

_BY_TEXT = frozenset(["fileexists", "nonsensitive"])
"""Calls that are the base's when their text is: the first tells no content, and the second may depend on everything."""

_PLAIN_SETTINGS = frozenset(["default_tags", "ignore_tags"])
"""Settings of a provider that decide nothing about where it reads."""


class Guarded(NamedTuple):
    """Something that has to be the base's: where it stands, what it says, and what that comes from."""

    place: Place
    name: str
    folder: str
    key: object
    sources: dict[object, object]
    must_stay: bool = False


def examine(base: Path, head: Path, root: str) -> list[Problem]:
    """All that stops a pull request, in the order of its files; nothing when it may be planned.

    ``base`` and ``head`` are clean checkouts, ``root`` is the folder of the root module in both.
    """
    old, new = Configuration(base, root), Configuration(head, root)
    found = [*files.examine(base, head), *new.problems, *_differences(old, new), *_new_providers(old, new)]
    for module in new.modules.values():
        found += _refusals(new, module)
    return sorted(set(found))


def _differences(old: Configuration, new: Configuration) -> Iterator[Problem]:
    """What has to be the base's, and is not."""
    of_base = {item.key: item for module in old.modules.values() for item in _guarded(old, module)}
    of_head = {item.key: item for module in new.modules.values() for item in _guarded(new, module)}
    free = {
        key for module in new.modules.values() if module.folder not in old.modules for key in _free(old, new, module)
    }
    for key, item in of_head.items():
        if key in free:
            continue
        if key not in of_base:
            yield Problem(item.place, f"{item.name} is new or changed")
        elif of_base[key].sources != item.sources:
            yield Problem(item.place, f"{item.name} is the base's, and something that it refers to is not")
    for key, item in of_base.items():
        if item.must_stay and item.folder in new.modules and key not in of_head:
            yield Problem(item.place, f"{item.name} of the base is changed or gone")


def _guarded(configuration: Configuration, module: Module) -> Iterator[Guarded]:
    for file, block in module.blocks:
        if block.type in ("provider", "terraform"):
            yield _whole(configuration, module, file, block, must_stay=True)
        elif block.type == "import" or (block.type == "module" and _is_remote(block)):
            yield _whole(configuration, module, file, block)
        for inner in _every_block(block):
            if _reads_or_runs(inner):
                yield _whole(configuration, module, file, inner)
        for call in function_calls(tuple(hcl.all_tokens(block.body))):
            if _is_guarded_call(configuration, module, call):
                key = (module.folder, call.name, hcl.normal(call.tokens))
                arguments = [token for part in call.arguments for token in part]
                sources = {} if call.name in _BY_TEXT else configuration.sources(module, arguments)
                yield Guarded(Place(file, call.line), f"the call of {call.name}", module.folder, key, sources)


def _whole(
    configuration: Configuration, module: Module, file: str, block: Block, *, must_stay: bool = False
) -> Guarded:
    """A block that is guarded with everything that it refers to."""
    body = Body(block.body.attributes, [inner for inner in block.body.blocks if inner.type not in _PLAIN_SETTINGS])
    sources = configuration.sources(module, tuple(hcl.all_tokens(body if block.type == "provider" else block.body)))
    key = (module.folder, block.type, block.labels, hcl.normal_body(block.body))
    return Guarded(Place(file, block.line), f"the block {block.name}", module.folder, key, sources, must_stay)


def _every_block(block: Block) -> Iterator[Block]:
    """A block and those inside it; of the JSON syntax, what may be a block is an attribute."""
    yield block
    for inner in block.body.blocks:
        yield from _every_block(inner)
    for attribute in block.body.attributes:
        if attribute.name in ("provisioner", "connection") or (block.type == "check" and attribute.name == "data"):
            yield Block(attribute.name, (), Body([attribute]), attribute.line)


def _reads_or_runs(block: Block) -> bool:
    kind = block.labels[0] if block.labels else ""
    if block.type == "data":
        return kind not in FREE_DATA
    if block.type == "ephemeral":
        return kind not in FREE_EPHEMERAL
    return block.type in ("provisioner", "connection")


def _is_guarded_call(configuration: Configuration, module: Module, call: FunctionCall) -> bool:
    """Whether a call has to be the base's: it unmarks a secret, runs a provider, or reads a file that is not known."""
    if call.name in FILE_FUNCTIONS:
        return configuration.paths(module, call) is None
    return call.name == "nonsensitive" or "::" in call.name


def _is_remote(block: Block) -> bool:
    source = block.body.attribute("source")
    text = literal_text(source.value) if source else None
    return text is not None and not text.startswith(("./", "../")) and text not in (".", "..")


def _free(old: Configuration, new: Configuration, module: Module) -> Iterator[object]:
    """The ``terraform`` blocks of a new module that require no provider which the base does not."""
    known = {provider for each in old.modules.values() for provider in _requirements(each)}
    for file, block in module.of("terraform"):
        names = {part.name for part in block.body.attributes} | {part.type for part in block.body.blocks}
        if names <= {"required_version", "required_providers"} and set(_requirements(module)) <= known:
            yield _whole(new, module, file, block).key


def _new_providers(old: Configuration, new: Configuration) -> Iterator[Problem]:
    """Blocks of providers that the base does not use: Terraform takes those that nothing requires by their name."""
    known = {_BUILT_IN, *(provider for _, _, provider in _provider_names(old))}
    for file, block, provider in _provider_names(new):
        if provider not in known:
            yield Problem(
                Place(file, block.line), f"the block {block.name} needs a provider that the base does not use"
            )


def _provider_names(configuration: Configuration) -> Iterator[tuple[str, Block, str]]:
    for module in configuration.modules.values():
        for file, block in module.of("resource", "data", "ephemeral"):
            chosen = block.body.attribute("provider")
            if chosen:
                yield file, block, hcl.literal(chosen.value[0]) or chosen.value[0].text
            yield file, block, block.labels[0].partition("_")[0] if block.labels else ""


def _requirements(module: Module) -> Iterator[object]:
    """The providers that a module requires, each as its name and its source."""
    for _, block in module.of("terraform"):
        for inner in block.body.blocks:
            if inner.type == "required_providers":
                yield from (_requirement(attribute) for attribute in inner.body.attributes)


def _requirement(attribute: hcl.Attribute) -> object:
    tokens = [token for token in attribute.value if token.kind != hcl.NEWLINE]
    texts = [token.text if token.kind == hcl.IDENTIFIER else hcl.literal(token) for token in tokens]
    return attribute.name, texts[texts.index("source") + 2] if "source" in texts[:-2] else None


def _refusals(configuration: Configuration, module: Module) -> Iterator[Problem]:
    """What stops a pull request though the base has it too."""
    for file, block in module.blocks:
        if block.type not in KNOWN_BLOCKS:
            yield Problem(Place(file, block.line), f"the block {block.name} is of a kind that is not known here")
        for inner in _every_block(block):
            if inner.type == "data" and RUNS_THE_CHECKOUT.intersection(inner.labels[:1]):
                yield Problem(Place(file, inner.line), f"the block {inner.name} runs a program, which may be changed")
        tokens = tuple(hcl.all_tokens(block.body))
        calls = list(function_calls(tokens))
        if any(call.name in FILE_FUNCTIONS for call in calls):
            yield from _hidden_names(file, block, tokens)
        for call in calls:
            yield from _refused_call(configuration, module, Place(file, call.line), call)


def _hidden_names(file: str, block: Block, tokens: hcl.Tokens) -> Iterator[Problem]:
    """Loops beside a file function that give their items a name by which its path would be followed elsewhere."""
    hidden = FOLLOWED_NAMES | ({"path"} if _names_a_folder(tokens) else set())
    for token in loop_names(tokens):
        if token.text in hidden:
            yield Problem(Place(file, token.line), f"a loop calls its items {token.text}, which hides what that is")
    for inner in _every_block(block):
        if inner.type == "dynamic":
            yield from _refused_iterator(file, inner)


def _refused_iterator(file: str, block: Block) -> Iterator[Problem]:
    chosen = block.body.attribute("iterator")
    name = chosen.value[0].text if chosen else "".join(block.labels)
    if name in FOLLOWED_NAMES:
        yield Problem(Place(file, block.line), f"a dynamic block calls its items {name}, which hides what that is")


def _names_a_folder(tokens: hcl.Tokens) -> bool:
    return any(chain[0] == "path" and _FOLDERS.intersection(chain[1:2]) for chain in references(tokens))


def _refused_call(configuration: Configuration, module: Module, place: Place, call: FunctionCall) -> Iterator[Problem]:
    if call.name == "templatestring":
        yield Problem(place, "the call of templatestring evaluates a template that nobody has reviewed")
    if call.name not in FILE_FUNCTIONS:
        return
    paths = configuration.paths(module, call)
    if paths is None and call.name == "templatefile":
        yield Problem(place, "the call of templatefile names its template in a way that cannot be read to its end")
    for path in sorted(paths or ()):
        if not configuration.contains(path):
            yield Problem(place, f"the call of {call.name} leaves the checkout, or what is reviewed of it")
        elif call.name == "templatefile":
            yield from _refused_template(configuration, path)


def _refused_template(configuration: Configuration, path: str) -> Iterator[Problem]:
    """The functions that a template calls: they are evaluated as those of the configuration are."""
    file = configuration.checkout / path
    if not file.is_file():
        return
    try:
        token = hcl.parse_template(hcl.decode(file.read_bytes()))
    except Unreadable as error:
        yield Problem(Place(path, error.line), f"this template cannot be read: {error}")
        return
    for call in function_calls((token,)):
        if call.name in FILE_FUNCTIONS or call.name in ("nonsensitive", "templatestring") or "::" in call.name:
            yield Problem(Place(path, call.line), f"the template calls {call.name}")
