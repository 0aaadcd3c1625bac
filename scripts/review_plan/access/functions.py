"""The functions that decide: each by its whole ARN, and by what its qualifier means before and after.

An alias stands for a version, or for several by weight. Only two versions of a function are in a plan: the one that is
published now, and the one that the plan publishes, with the configuration that is planned. A version is never changed.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from scripts.review_plan.access.configuration import VARIABLE, decode, secret_variables
from scripts.review_plan.access.difference import Difference, other_keys, unclear, unread
from scripts.review_plan.plan.state import ResourceState, State
from scripts.review_plan.plan.values import UNKNOWN, get, items, mapping, mark
from scripts.review_plan.text import Text, names, say

FUNCTION: Final = "aws_lambda_function"
ALIAS: Final = "aws_lambda_alias"
LATEST: Final = "$LATEST"
_ALIAS_ELSEWHERE: Final = "alias "
_PUBLISHED: Final = ("version", "qualified_arn", "qualified_invoke_arn", "arn", "invoke_arn")
_ARN: Final = re.compile(
    r"(?P<arn>arn:(?P<partition>[^:/]*):lambda:(?P<region>[^:/]*):(?P<account>[^:/]*):function:(?P<name>[^:/]+))"
    r"(?::(?P<qualifier>[^:/]+))?"
)
_NAME: Final = re.compile(r":function:([^:/]+)(?::([^:/]+))?")
# Variables by which Lambda, a language or an SDK loads other code, or asks another endpoint.
_LOADERS: Final = re.compile(
    r"AWS_LAMBDA_EXEC_WRAPPER|AWS_ENDPOINT_URL(_.*)?|_HANDLER|PYTHON(PATH|STARTUP|HOME|INSPECT)|LD_(PRELOAD|LIBRARY_PATH|AUDIT)"
    r"|NODE_(OPTIONS|PATH|EXTRA_CA_CERTS)|(_?JAVA_|JDK_JAVA_)(TOOL_)?OPTIONS|RUBY(OPT|LIB)|PERL5(OPT|LIB)|DOTNET_.*|CORECLR_.*"
    r"|(HTTPS?|ALL)_PROXY|SSL_CERT_(FILE|DIR)|(AWS|REQUESTS|CURL)_CA_BUNDLE|AWS_CONFIG_FILE|AWS_SHARED_CREDENTIALS_FILE"
    r"|AWS_PROFILE|BOTO_CONFIG",
    re.IGNORECASE,
)


@dataclass(frozen=True, eq=False)
class Decider:
    """One version of a function that decides.

    ``version`` is a number, ``$LATEST``, or None for one that this plan publishes; ``values`` what the plan shows of
    it, None where it shows nothing. ``configuration`` is this repository's, None where it has none that can be read.
    """

    arn: str | None
    name: str
    address: str | None
    qualifier: str | None
    version: str | None
    values: Mapping[str, Any] | None
    configuration: Mapping[str, Any] | None = None
    is_ours: bool = False
    hidden: bool = False
    layers: frozenset[str] | None = frozenset()

    def rule(self, name: str) -> Mapping[str, Any] | None:
        """What a rule asks for, or None when it is not there or cannot be read."""
        rules = (self.configuration or {}).get("rules")
        found = rules.get(name) if isinstance(rules, dict) else None
        return found if isinstance(found, dict) else None

    @property
    def identity(self) -> str:
        """What makes it the same function before and after: the whole ARN, or the resource where it has none yet."""
        return self.arn or self.address or self.name


class Functions:
    """The functions of one state, by ARN and by name."""

    def __init__(self, state: State, other: State | None = None) -> None:
        self._state = state
        self._other = other
        self._by_name: dict[str, list[ResourceState]] = defaultdict(list)
        self._aliases: dict[tuple[str, str], list[ResourceState]] = defaultdict(list)
        for function in state.resources(FUNCTION):
            self._by_name[function.text("function_name") or ""].append(function)
        for alias in state.resources(ALIAS):
            name = alias.text("name")
            function_name = self.name_of(alias)
            if name and function_name:
                self._aliases[function_name, name].append(alias)

    def name_of(self, alias: ResourceState) -> str | None:
        """The name of the function that an alias, a permission or a URL is of."""
        value = alias.get("function_name")
        if isinstance(value, str):
            return function_in(value)[0] or value
        found = self._state.referenced(alias, "function_name", FUNCTION).only
        return found.text("function_name") if found else None

    def named(self, uri: str) -> list[Decider]:
        """The versions that decide for an ARN or an invocation URI; several where an alias has weights."""
        match = _ARN.search(uri)
        if not match:
            name, qualifier = function_in(uri)
            return [Decider(None, name, None, qualifier, None, None)] if name else []
        function = self._with_arn(match["arn"], match["name"], match["region"], match["account"])
        return list(self._qualified(function, match["arn"], match["name"], match["qualifier"]))

    def referenced(self, owner: ResourceState, attribute: str) -> list[tuple[str, list[Decider]]] | None:
        """What an unknown URI may lead to: the address of each function or alias, and the versions that decide there.

        None when that cannot be known.
        """
        found = self._state.possible(owner, attribute, ALIAS, FUNCTION, unknown=_PUBLISHED)
        resources = found.resources
        if found.is_complete and {ALIAS, FUNCTION} == {resource.type for resource in resources}:
            # An alias's own function is often referred to beside it.
            owners = {self.name_of(resource) for resource in resources if resource.type == ALIAS}
            resources = tuple(
                resource
                for resource in resources
                if resource.type == ALIAS or resource.text("function_name") not in owners
            )
        if not found.is_closed or not resources:
            return None
        return [(resource.address, self._deciding(resource)) for resource in resources]

    def _deciding(self, resource: ResourceState) -> list[Decider]:
        if resource.type == FUNCTION:
            return [self._planned(resource, None)]
        name = self.name_of(resource) or ""
        functions = self._by_name.get(name, [])
        if len(functions) != 1:
            return [Decider(None, name, resource.address, resource.text("name"), None, None)]
        return list(self._of_alias(resource, functions[0], functions[0].text("arn"), name))

    def rules(self) -> Iterator[tuple[ResourceState, str, list[Decider]]]:
        """Every rule of this repository's functions, with the versions that decide by it."""
        for function in self._state.resources(FUNCTION):
            for rule in mapping((decode(get(_variables(function.values), VARIABLE)) or {}).get("rules")):
                name = function.text("function_name") or ""
                arn = function.text("arn")
                aliases = self._aliases.get((name, rule), [])
                if len(aliases) == 1 and (arn is None or self._fits(aliases[0], arn)):
                    yield function, rule, list(self._of_alias(aliases[0], function, arn, name))
                else:
                    yield function, rule, [self._planned(function, rule)]

    def _with_arn(self, arn: str, name: str, region: str, account: str) -> ResourceState | None:
        """The function with an ARN; a new one has none yet, and is meant where region and account fit."""
        candidates = self._by_name.get(name, [])
        for function in candidates:
            if function.text("arn") == arn:
                return function
        new = [function for function in candidates if not isinstance(function.get("arn"), str)]
        fitting = [function for function in new if self._places(function) == {(region, account)}]
        return fitting[0] if len(fitting) == 1 else None

    def _places(self, function: ResourceState) -> set[tuple[str, str]]:
        """The region and account of a function without an ARN: those of every function and data source of the plan."""
        before = function.resource.before or {}
        known = [mapping(before).get("arn")]
        if not isinstance(known[0], str):
            known = [other.text("arn") for other in self._state.resources(FUNCTION)]
        found = {(match["region"], match["account"]) for arn in known if arn and (match := _ARN.match(arn))}
        accounts = {
            get(data.after, "account_id") for data in self._state.plan.data if data.type == "aws_caller_identity"
        }
        regions = {
            get(data.after, "region") or get(data.after, "name") or get(data.after, "id")
            for data in self._state.plan.data
            if data.type == "aws_region"
        }
        if not found and len(accounts) == 1 and len(regions) == 1:
            found = {(str(regions.pop()), str(accounts.pop()))}
        return found

    def _qualified(
        self, function: ResourceState | None, arn: str, name: str, qualifier: str | None
    ) -> Iterator[Decider]:
        if qualifier is None or qualifier == LATEST:
            yield self._version(function, arn, name, qualifier, LATEST)
        elif qualifier.isdigit():
            yield self._version(function, arn, name, qualifier, qualifier)
        else:
            aliases = [alias for alias in self._aliases.get((name, qualifier), []) if self._fits(alias, arn)]
            if len(aliases) == 1:
                yield from self._of_alias(aliases[0], function, arn, name)
            elif function is not None and not aliases:
                # An alias that is made elsewhere: what it points at is taken for the newest, as long as it is the same.
                yield replace(self._planned(function, qualifier), version=f"{_ALIAS_ELSEWHERE}{qualifier}")
            else:
                yield Decider(arn, name, None, qualifier, f"{_ALIAS_ELSEWHERE}{qualifier}", None)

    def _fits(self, alias: ResourceState, arn: str) -> bool:
        """Whether an alias is of the function with this very ARN, as far as its own ARN tells."""
        own = alias.text("arn") or alias.text("function_name") or ""
        match = _ARN.match(own)
        return match is None or match["arn"] == arn

    def _of_alias(
        self, alias: ResourceState, function: ResourceState | None, arn: str | None, name: str
    ) -> Iterator[Decider]:
        qualifier = alias.text("name")
        version = alias.get("function_version")
        if version is UNKNOWN:
            origin = self._state.candidates(alias, "function_version", FUNCTION, unknown=("version",))
            if function is not None and origin.only is not None and origin.only.address == function.address:
                yield self._planned(function, qualifier)
            else:
                yield Decider(arn, name, None, qualifier, None, None)
        else:
            yield self._version(function, arn, name, qualifier, str(version))
        weights = get(alias.get("routing_config"), 0, "additional_version_weights")
        if weights is UNKNOWN or alias.get("routing_config") is UNKNOWN:
            yield Decider(arn, name, None, qualifier, None, None)
        for other, weight in mapping(weights).items():
            if weight != 0:
                yield self._version(function, arn, name, qualifier, str(other))

    def _version(
        self, function: ResourceState | None, arn: str | None, name: str, qualifier: str | None, version: str
    ) -> Decider:
        if function is None:
            return Decider(arn, name, None, qualifier, version, None)
        resource = function.resource
        if version == LATEST or function.get("version") == version:
            return self._shown(function, function.values, qualifier, version)
        before = mapping(resource.before)
        # A function that is made anew begins to count its versions anew.
        if self._state.is_after and before.get("version") == version and not resource.is_replaced:
            return self._shown(function, before, qualifier, version)
        return Decider(arn, name, function.address, qualifier, version, None, is_ours=_is_ours(function.values))

    def _planned(self, function: ResourceState, qualifier: str | None) -> Decider:
        version = function.get("version")
        return self._shown(function, function.values, qualifier, version if isinstance(version, str) else None)

    def _shown(
        self, function: ResourceState, values: Mapping[str, Any], qualifier: str | None, version: str | None
    ) -> Decider:
        # What is a secret on one side is one on the other too.
        marks = (function.resource.before_sensitive, function.resource.after_sensitive)
        value = get(_variables(values), VARIABLE)
        return Decider(
            arn=function.text("arn"),
            name=function.text("function_name") or function.address,
            address=function.address,
            qualifier=qualifier,
            version=version,
            values=values,
            configuration=decode(value),
            is_ours=_is_ours(values),
            hidden=any(mark(side, "environment", 0, "variables", VARIABLE) for side in marks),
            layers=self._layers(function, values),
        )

    def _layers(self, function: ResourceState, values: Mapping[str, Any]) -> frozenset[str] | None:
        """The function's layers without their versions; None where one is not known."""
        found = values.get("layers")
        known = [layer for layer in items(found) if isinstance(layer, str)] if found is not UNKNOWN else []
        layers = {layer.rpartition(":")[0] or layer for layer in known}
        if found is UNKNOWN or len(known) != len(items(found)):
            origin = self._state.candidates(function, "layers", "aws_lambda_layer_version", unknown=("arn",))
            layer_names = [layer.text("layer_name") for layer in origin.resources]
            old = {str(layer) for layer in items(mapping(function.resource.before).get("layers"))}
            same = {name for name in layer_names for layer in old if name and f":layer:{name}:" in layer}
            if not origin.is_complete or not layer_names or set(layer_names) != same:
                return None
            layers |= {layer.rpartition(":")[0] for layer in old if any(f":layer:{name}:" in layer for name in same)}
        return frozenset(layers)


def function_in(uri: Any) -> tuple[str | None, str | None]:
    """The function's name and the qualifier in an ARN or in an API Gateway integration's URI."""
    found = _NAME.search(uri) if isinstance(uri, str) else None
    return (found.group(1), found.group(2)) if found else (None, None)


def function_arn(uri: str) -> str | None:
    """The function's whole ARN, without a qualifier, in an ARN or in an API Gateway integration's URI."""
    found = _ARN.search(uri)
    return found["arn"] if found else None


def compare_deciders(before: Decider, after: Decider) -> Difference:
    """Whether the same function decides, by what the plan shows of both."""
    if not _is_same_function(before, after):
        return unclear(say("another function decides: {} → {}", _called(before, after), _called(after, before)))
    elsewhere = [decider for decider in (after, before) if (decider.version or "").startswith(_ALIAS_ELSEWHERE)]
    if elsewhere and before.version != after.version:
        return unread(say("{} of {} decides, which is not in this plan", elsewhere[0].version, before.name))
    if before.values is None or after.values is None:
        # A version is never changed, and nothing of this plan changes a function that is not in it.
        if before.version is not None and before.version == after.version and before.values is after.values:
            return Difference()
        hidden = after if after.values is None else before
        return unread(
            say("version {} of {} decides, which this plan does not show", hidden.version or "?", hidden.name)
            if hidden is after
            else say(
                "another version of {} decides than {}, which this plan does not show", hidden.name, hidden.version
            )
        )
    return _compare_code(before, after, before.values, after.values)


def _is_same_function(before: Decider, after: Decider) -> bool:
    if before.arn is not None and after.arn is not None:
        return before.arn == after.arn
    return before.address is not None and before.address == after.address and before.name == after.name


def _called(decider: Decider, other: Decider) -> str:
    return decider.identity if decider.name == other.name else decider.name


def _compare_code(before: Decider, after: Decider, was: Mapping[str, Any], now: Mapping[str, Any]) -> Difference:
    """What changes in whose code runs in a function that decides; a new version of the same code does not count."""
    difference = Difference()
    if before.layers != after.layers or before.layers is None or after.layers is None:
        old, new = before.layers or frozenset(), after.layers
        if new is None or new - old:
            added = names(sorted(new - old)) if new is not None else ("that is known after apply",)
            difference += unclear(("another layer runs in the function that decides: ", *added))
        else:
            difference += unclear(("a layer goes from the function that decides: ", *names(sorted(old - new))))
    for name, words in (("handler", "handler"), ("package_type", "package type"), ("image_config", "image settings")):
        if _emptied(was.get(name)) != _emptied(now.get(name)):
            shown = say("{} → {}", was.get(name), now.get(name)) if name != "image_config" else ("changes",)
            difference += unclear((f"{words} of the function that decides: ", *shown))
    if _image(was) != _image(now):
        difference += unclear(say("image of the function that decides: {} → {}", _image(was), _image(now)))
    if _emptied(was.get("file_system_config")) != _emptied(now.get("file_system_config")):
        difference += unclear(("another file system is mounted in the function that decides",))
    return difference + _compare_environment(before, after, _variables(was), _variables(now))


def _compare_environment(before: Decider, after: Decider, was: Any, now: Any) -> Difference:
    if now is UNKNOWN or was is UNKNOWN:
        return unread(("environment of the function that decides is known after apply",))
    secrets = secret_variables(before.configuration or {}) | secret_variables(after.configuration or {})
    difference = Difference()
    for name in sorted(was.keys() | now.keys()):
        if was.get(name) == now.get(name) and was.get(name) is not UNKNOWN:
            continue
        if name in secrets:
            difference += other_keys(say("the secret in {} changes", name))
        elif _LOADERS.fullmatch(name):
            verb = "comes to" if name not in was else "goes from" if name not in now else "changes in"
            difference += unclear(say("{} " + verb + " the function that decides", name))
    return difference


def _variables(values: Mapping[str, Any]) -> Any:
    found = get(values.get("environment"), 0, "variables")
    return found if found is UNKNOWN else mapping(found)


def _is_ours(values: Mapping[str, Any]) -> bool:
    variables = _variables(values)
    return variables is not UNKNOWN and VARIABLE in variables


def _image(values: Mapping[str, Any]) -> str:
    """The repository of a function's image, without tag and digest."""
    image = values.get("image_uri")
    return re.split(r"@|:(?=[^/]*$)", image)[0] if isinstance(image, str) else str(image or "")


def _emptied(value: Any) -> Any:
    return None if value in ("", [], {}) else value


__all__ = ["ALIAS", "FUNCTION", "LATEST", "Decider", "Functions", "Text", "compare_deciders", "function_in"]
