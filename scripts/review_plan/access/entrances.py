"""The ways to an API: its stages' execute-api endpoint and custom domains, with all that stands there before the lock.

A caller gets in where an entrance's resource policy, mutual TLS, WAF and network all let them.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
"""

from __future__ import annotations

import ipaddress
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Final

from scripts.review_plan.access import openapi
from scripts.review_plan.access.apis import HTTP_API, REST_API, Apis
from scripts.review_plan.access.difference import Difference, looser, tighter, unclear, unread
from scripts.review_plan.access.statements import Condition, Statement, allows_more, covers, from_document, parse
from scripts.review_plan.plan.document import block
from scripts.review_plan.plan.state import ResourceState, State
from scripts.review_plan.plan.values import UNKNOWN, get, is_empty, items, mapping
from scripts.review_plan.text import Text, join, names, say

_EXECUTE_API: Final = "execute-api"
_STAGE_ARN: Final = re.compile(r":/(?:restapis|apis)/(?P<api>[^/]+)/stages/(?P<stage>.+)$")
_WAF: Final = {"aws_wafv2_web_acl_association": "web_acl_arn", "aws_wafregional_web_acl_association": "web_acl_id"}
_SOURCE_KEYS: Final = re.compile(
    r"aws:(source.*|vpcsourceip|principal.*|userid|username|calledvia.*|viaawsservice)", re.I
)
_PARAMETER: Final = re.compile(r"\{[^/]*\}")
_ANYTHING: Final = "!"
"""A text that stands for every text: no pattern but a wildcard matches it."""


class Reach(IntEnum):
    """From where callers get in who do not say who they are; more is looser."""

    NOWHERE = 0
    ANY_VPC = 1
    """From every VPC endpoint of every account: a private API whose policy asks nothing."""
    INTERNET = 2


@dataclass(frozen=True)
class Policy:
    """A resource policy: None for ``statements`` that cannot be read, which ``source`` then tells apart."""

    statements: frozenset[Statement] | None
    source: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it lets in callers that come from anywhere and do not say who they are."""
        statements = self.statements or frozenset()
        return not any(_keeps_out_strangers(statement) for statement in statements) and any(
            _lets_in_strangers(statement) for statement in statements
        )

    @property
    def words(self) -> Text:
        """From where and from whom it takes calls, as far as a few words say it."""
        if self.statements is None:
            return (", if the resource policy lets them, which cannot be read",)
        sources = sorted(
            {
                value
                for statement in self.statements
                for condition in statement.conditions
                if condition.is_negative == (statement.effect == "Deny") and _SOURCE_KEYS.fullmatch(condition.key)
                for value in condition.values
            }
        )
        return say(", from {} only", names(sources[:3])) if sources else (", if the resource policy lets them",)


@dataclass(frozen=True)
class Entrance:
    """One way to an API.

    ``policy`` is None where there is none, which lets everybody in. ``certificates`` says which client certificates are
    needed; ``firewall`` which web ACLs stand there; ``network`` is None for the internet, else the VPC endpoints of a
    private API, which only give it names: its policy says from where it takes calls, and without one it takes none.
    ``stage`` and ``api_id`` are what the policy's resources call it, empty where that is not known.
    """

    name: str
    policy: Policy | None = None
    certificates: str | None = None
    firewall: tuple[str, ...] = ()
    network: tuple[str, ...] | None = None
    stage: str = ""
    api_id: str = ""

    @property
    def reach(self) -> Reach:
        """From where it takes callers who do not say who they are."""
        if self.certificates is not None:
            return Reach.NOWHERE
        if self.network is not None:
            return Reach.ANY_VPC if self.policy is not None and self.policy.is_open else Reach.NOWHERE
        return Reach.INTERNET if self.policy is None or self.policy.is_open else Reach.NOWHERE

    @property
    def is_read(self) -> bool:
        """Whether what stands there is known, so far as it may keep strangers out."""
        return self.certificates != str(UNKNOWN) and (self.policy is None or self.policy.statements is not None)

    @property
    def words(self) -> Text:
        """What it asks for, in words that follow on who may call."""
        said: Text = ()
        if self.network is not None:
            said = (*said, ", from VPCs only")
        if self.policy is not None and not self.policy.is_open:
            said = (*said, *self.policy.words)
        elif self.network is not None:
            said = (", from every VPC endpoint",) if self.policy else (", from VPCs only",)
        if self.certificates is not None:
            said = (*said, ", with a client certificate")
        return said


def words(entrances: tuple[Entrance, ...]) -> Text:
    """What all the ways to an API ask for; each is named where they differ."""
    said = {entrance.words for entrance in entrances}
    if len(said) <= 1:
        return said.pop() if said else ()
    return join(
        [(*(entrance.words or (", from everywhere",)), *say(" at {}", entrance.name)) for entrance in entrances], ""
    )


def compare_entrances(
    before: tuple[Entrance, ...], after: tuple[Entrance, ...], *, may_add: bool, verb: str, path: str | None
) -> Difference:
    """What changes for callers of one route: each way compared with what it was, and a new one with all there were.

    ``may_add`` says that an Allow of the resource policy lets in callers about whom the lock says nothing, as it does
    beside IAM and beside a function that may answer with neither Allow nor Deny.
    """
    old = {entrance.name: _for_route(entrance, verb, path) for entrance in before}
    new = {entrance.name: _for_route(entrance, verb, path) for entrance in after}
    difference = Difference()
    for name in sorted(new.keys() & old.keys()):
        difference += _compare(old[name], new[name], may_add=may_add)
    for name in sorted(new.keys() - old.keys()):
        covered = any(not _compare(known, new[name], may_add=may_add).looser for known in old.values())
        if not covered or (name.startswith(_EXECUTE_API) and not any(n.startswith(_EXECUTE_API) for n in old)):
            difference += looser(say("can also be called at {}", name))
    if old and not new:
        difference += tighter(("no address of it is left in this plan",))
    elif gone := sorted(old.keys() - new.keys()):
        difference += (
            tighter(say("is no longer called at {}", names(gone))) if not _is_renamed(old, new) else Difference()
        )
    return difference


def _is_renamed(old: dict[str, Entrance], new: dict[str, Entrance]) -> bool:
    """Whether the ways that go are as wide as others that stay or come."""
    kept = [replace(entrance, name="") for entrance in new.values()]
    return all(replace(entrance, name="") in kept for entrance in old.values())


def _compare(before: Entrance, after: Entrance, *, may_add: bool) -> Difference:
    difference = _compare_policies(before.policy, after.policy, may_add=may_add)
    difference += compare_certificates(before.name, before.certificates, after.certificates)
    if before.firewall != after.firewall:
        gone = [acl for acl in before.firewall if acl not in after.firewall]
        come = [acl for acl in after.firewall if acl not in before.firewall]
        if gone:
            difference += looser(say("the web ACL {} goes from {}", names(gone), before.name))
        if come:
            difference += tighter(say("the web ACL {} comes to {}", names(come), before.name))
    return difference + _compare_networks(before, after)


def compare_certificates(name: str, before: str | None, after: str | None) -> Difference:
    """What changes for callers when an entrance asks for other client certificates."""
    if before == after and before != str(UNKNOWN):
        return Difference()
    if after is None:
        return looser(say("mutual TLS goes at {}", name))
    if before is None:
        return tighter(say("mutual TLS comes at {}", name))
    return unclear(say("other client certificates are trusted at {}", name))


def _compare_networks(before: Entrance, after: Entrance) -> Difference:
    if before.network == after.network:
        return Difference()
    if after.network is None:
        return looser(("from VPCs only → from the internet",))
    if before.network is None:
        return tighter(("from the internet → from VPCs only",))
    gone = [endpoint for endpoint in before.network if endpoint not in after.network]
    come = [endpoint for endpoint in after.network if endpoint not in before.network]
    difference = Difference()
    if come or not after.network:
        difference += looser(say("VPC endpoint {} comes", names(come or ["any"])))
    if gone:
        difference += tighter(say("VPC endpoint {} goes", names(gone)))
    return difference


def _compare_policies(before: Policy | None, after: Policy | None, *, may_add: bool) -> Difference:
    if before == after:
        return Difference()
    if after is None:
        everybody = (
            before is not None
            and before.is_open
            and all(statement.effect == "Allow" for statement in before.statements or ())
        )
        return Difference() if everybody else looser(("the resource policy goes", *_words(before)))
    if before is None:
        gives = may_add and (
            after.statements is None or any(statement.effect == "Allow" for statement in after.statements)
        )
        return Difference(gives, True, (("a resource policy comes", *after.words),))
    if before.statements is None or after.statements is None:
        return unread(("the resource policy changes, which cannot be read",))
    is_looser = allows_more(before.statements, after.statements)
    is_tighter = allows_more(after.statements, before.statements)
    if not is_looser and not is_tighter:
        return Difference()
    why = ("the resource policy lets more in" if is_looser else "the resource policy lets fewer in",)
    return Difference(is_looser, is_tighter, ((*why, *_delta(before, after)),))


def _words(policy: Policy | None) -> Text:
    if policy is None or policy.is_open:
        return ()
    return (" that took calls", *policy.words[:1], *policy.words[1:]) if policy.statements is not None else ()


def _delta(before: Policy, after: Policy) -> Text:
    old, new = before.statements or frozenset(), after.statements or frozenset()
    parts = [say("no longer {}", statement.words) for statement in sorted(old - new, key=repr)[:2]]
    parts += [say("now {}", statement.words) for statement in sorted(new - old, key=repr)[:2]]
    return (": ", *join(parts, "; ")) if parts else ()


def _for_route(entrance: Entrance, verb: str, path: str | None) -> Entrance:
    """The entrance with those statements alone that can be about a route."""
    if entrance.policy is None or entrance.policy.statements is None or path is None:
        return entrance
    kept = frozenset(
        statement for statement in entrance.policy.statements if _may_be_about(statement, verb, path, entrance)
    )
    return replace(entrance, policy=Policy(kept))


def _may_be_about(statement: Statement, verb: str, path: str, _entrance: Entrance) -> bool:
    """Whether a statement's resources can match a route; true where that cannot be known."""
    if statement.resources.inverted or not statement.resources.values:
        return True
    return any(_may_match(resource, verb, path) for resource in statement.resources.values)


def _may_match(resource: str, verb: str, path: str) -> bool:
    parts = resource.split("/", 3)
    if "*" in parts[0].rpartition(":")[2] and len(parts) == 1:
        return True
    if len(parts) < 4 or ("*" in parts[1] + parts[2] and len(parts) < 4):
        return True
    if verb not in ("ANY", "") and "*" not in parts[2] and parts[2] != verb:
        return False
    # Up to the first wildcard of either, both have to say the same.
    pattern, actual = re.split(r"[*?{]", parts[3])[0], re.split(r"[{]", path.lstrip("/"))[0]
    exact = pattern == parts[3] and "{" not in path
    return pattern == actual if exact else pattern.startswith(actual) or actual.startswith(pattern)


def as_met_by(entrance: Entrance, verb: str, path: str | None) -> Entrance:
    """The entrance as callers of one route meet it: an Allow that may be about the route, a Deny that surely is."""
    if entrance.policy is None or entrance.policy.statements is None or path is None:
        return entrance
    kept = frozenset(
        statement
        for statement in entrance.policy.statements
        if (_may_be_about if statement.effect == "Allow" else _is_about)(statement, verb, path, entrance)
    )
    return replace(entrance, policy=Policy(kept))


def _is_about(statement: Statement, verb: str, path: str, entrance: Entrance) -> bool:
    """Whether a statement's resources match every call of a route."""
    if statement.resources.inverted:
        return False
    return any(_matches(resource, verb, path, entrance) for resource in statement.resources.values)


def _matches(resource: str, verb: str, path: str, entrance: Entrance) -> bool:
    api, slash, rest = resource.partition("/")
    if not slash:
        return api == "*" or api.endswith(":*")
    if api != "execute-api:" and api.rpartition(":")[2] not in ("*", entrance.api_id or "*"):
        return False
    # A star crosses slashes, and a parameter may hold anything: whatever it holds has to match.
    calls = [f"{entrance.stage or _ANYTHING}/{verb}{_PARAMETER.sub(held, path)}" for held in ("!", "!/!!")]
    return all(covers(rest, call) for call in calls)


def _lets_in_strangers(statement: Statement) -> bool:
    """Whether an Allow takes callers who say neither who they are nor where they come from."""
    return (
        statement.effect == "Allow"
        and statement.is_for_anybody
        and not any(_names_callers(condition) for condition in statement.conditions)
    )


def _keeps_out_strangers(statement: Statement) -> bool:
    """Whether a Deny takes away all callers, or all but those it names."""
    invokes = any(covers(action, "execute-api:Invoke") for action in statement.actions.values)
    return (
        statement.effect == "Deny"
        and statement.is_for_anybody
        and invokes
        and not statement.actions.inverted
        and all(_names_exceptions(condition) for condition in statement.conditions)
    )


def _names_callers(condition: Condition) -> bool:
    """Whether a condition holds for callers alone that it names by who they are or where they come from."""
    operator = condition.operator.lower()
    # A key that is not there meets both of these.
    is_vacuous = operator.endswith("ifexists") or operator.startswith("forallvalues:")
    return condition.is_positive and not is_vacuous and _is_narrow(condition)


def _names_exceptions(condition: Condition) -> bool:
    """Whether a condition holds for all callers but those it names by who they are or where they come from."""
    is_partial = condition.operator.lower().startswith("foranyvalue:")
    return condition.is_negative and not is_partial and _is_narrow(condition)


def _is_narrow(condition: Condition) -> bool:
    """Whether a condition's values are some sources of calls, and not all there are."""
    key = condition.key.lower()
    if not _SOURCE_KEYS.fullmatch(key):
        return False
    if key in ("aws:sourceip", "aws:vpcsourceip"):
        return not _is_everywhere(condition.values)
    return not any(re.fullmatch(r"[*?]+|vpce?-[*?]+", value) for value in condition.values)


def _is_everywhere(addresses: tuple[str, ...]) -> bool:
    """Whether networks are together every address; also where one cannot be read."""
    try:
        networks = [ipaddress.ip_network(address, strict=False) for address in addresses]
    except ValueError:
        return True
    for version in (4, 6):
        same = [network for network in networks if network.version == version]
        if any(network.prefixlen == 0 for network in ipaddress.collapse_addresses(same)):  # type: ignore[type-var]
            return True
    return False


class Entrances:
    """The entrances of all APIs of one state, by the API's identity."""

    def __init__(self, state: State, apis: Apis) -> None:
        self._state = state
        self._apis = apis
        self._domains = {
            domain.text("domain_name") or domain.address: domain
            for type_ in ("aws_api_gateway_domain_name", "aws_apigatewayv2_domain_name")
            for domain in state.resources(type_)
        }
        self._firewalls = self._web_acls()
        self._mapped: dict[str, list[tuple[str, ResourceState]]] = defaultdict(list)
        self.mappings: dict[str, tuple[str, str]] = {}
        self._read_mappings()
        self._policies = self._resource_policies()
        self._known: dict[str, tuple[Entrance, ...]] = {}

    def of(self, api: str) -> tuple[Entrance, ...]:
        """The entrances of an API; of one that is not in the plan, its own endpoint is taken to be there."""
        if api not in self._known:
            self._known[api] = tuple(self._entrances(api))
        return self._known[api]

    def policy_of(self, api: str) -> Policy | None:
        """The resource policy of an API."""
        return self._policies.get(api)

    @property
    def apis(self) -> frozenset[str]:
        """The APIs of the plan, and those elsewhere that it gives a policy, a domain or a web ACL."""
        return frozenset({*self.own, *self._policies, *self._mapped, *(api for api, _ in self._firewalls)})

    @property
    def own(self) -> frozenset[str]:
        """The APIs of the plan."""
        return frozenset(api.address for type_ in (REST_API, HTTP_API) for api in self._state.resources(type_))

    def unmapped_domains(self) -> dict[str, str | None]:
        """Custom domain => its client certificates, where no mapping of the plan uses it."""
        used = {domain.address for mapped in self._mapped.values() for _, domain in mapped}
        return {name: _certificates(domain) for name, domain in self._domains.items() if domain.address not in used}

    def mappings_elsewhere(self) -> dict[str, str]:
        """Custom domain => the API that it leads to, where that API is not in the plan."""
        return {name: api for name, (api, _) in self.mappings.items() if api not in self.own}

    def _entrances(self, api: str) -> Iterator[Entrance]:
        types = (REST_API, HTTP_API)
        found = next((each for type_ in types for each in self._state.resources(type_) if each.address == api), None)
        policy, network = self.policy_of(api), _network(found) if found else None
        document = openapi.document_of(found) if found else None
        is_off = found is not None and found.get("disable_execute_api_endpoint") is True
        id_ = (found.text("id") if found else api) or ""
        if not is_off and not openapi.disables_endpoint(document):
            stages = self._stages(found) if found else {stage for of, stage in self._firewalls if of == api}
            for stage in sorted(stages) or [""]:
                name = f"{_EXECUTE_API}/{stage}" if stage else _EXECUTE_API
                yield Entrance(name, policy, None, self._firewalls.get((api, stage), ()), network, stage, id_)
        for name, domain in self._mapped.get(api, ()):
            stage = self.mappings[name][1]
            firewall = self._firewalls.get((api, stage), ())
            yield Entrance(name, policy, _certificates(domain), firewall, network, stage, id_)

    def _stages(self, api: ResourceState) -> set[str]:
        rest = api.type == REST_API
        type_, attribute, name = (
            ("aws_api_gateway_stage", "rest_api_id", "stage_name")
            if rest
            else ("aws_apigatewayv2_stage", "api_id", "name")
        )
        return {
            stage.text(name) or stage.address
            for stage in self._state.resources(type_)
            if self._apis.of(stage, attribute, api.type).identity == api.address
        }

    def _read_mappings(self) -> None:
        for type_, api_type, stage, path in (
            ("aws_api_gateway_base_path_mapping", REST_API, "stage_name", "base_path"),
            ("aws_apigatewayv2_api_mapping", HTTP_API, "stage", "api_mapping_key"),
        ):
            for mapped in self._state.resources(type_):
                domain = self._domain_of(mapped)
                host = mapped.text("domain_name") or (domain.text("domain_name") if domain else None) or mapped.address
                name = f"{host}/{(mapped.text(path) or '').strip('/')}".rstrip("/")
                api = self._api_of(mapped, api_type)
                self.mappings[name] = (api, mapped.text(stage) or self._new_stage(mapped, stage))
                if domain is not None:
                    self._mapped[api].append((name, domain))

    def _new_stage(self, mapped: ResourceState, attribute: str) -> str:
        """The name of a stage that does not exist yet, where a mapping's references lead to one."""
        types = {"aws_api_gateway_stage": "stage_name", "aws_apigatewayv2_stage": "name"}
        found = self._state.referenced(mapped, attribute, *types).only
        return found.text(types[found.type]) or "" if found else ""

    def _api_of(self, mapped: ResourceState, api_type: str) -> str:
        """The identity of the API that a domain leads to; a mapping of version 2 may lead to a REST API as well."""
        api_id = mapped.get("api_id")
        rest = self._state.with_id(REST_API, api_id) if isinstance(api_id, str) else None
        return rest.address if rest else self._apis.of(mapped, "api_id", api_type).identity

    def _domain_of(self, mapped: ResourceState) -> ResourceState | None:
        name = mapped.get("domain_name")
        if isinstance(name, str):
            return self._domains.get(name)
        types = ("aws_api_gateway_domain_name", "aws_apigatewayv2_domain_name")
        return self._state.referenced(mapped, "domain_name", *types).only

    def _web_acls(self) -> dict[tuple[str, str], tuple[str, ...]]:
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for type_, attribute in _WAF.items():
            for association in self._state.resources(type_):
                acl = association.get(attribute)
                for place in self._protected(association):
                    found[place].append(acl if isinstance(acl, str) else self._acl_of(association, attribute))
        return {place: tuple(sorted(acls)) for place, acls in found.items()}

    def _acl_of(self, association: ResourceState, attribute: str) -> str:
        types = ("aws_wafv2_web_acl", "aws_wafregional_web_acl")
        only = self._state.referenced(association, attribute, *types).only
        before = (association.resource.before or {}).get(attribute)
        # A new one in place of an old one is another, until the next plan tells its ARN.
        return only.address if only and not before else f"{UNKNOWN} of {association.address}"

    def _protected(self, association: ResourceState) -> list[tuple[str, str]]:
        value = association.get("resource_arn")
        if isinstance(value, str):
            stages = self._state.resources("aws_api_gateway_stage")
            if own := [stage for stage in stages if stage.get("arn") == value]:
                return [(self._apis.of(own[0], "rest_api_id", REST_API).identity, own[0].text("stage_name") or "")]
            match = _STAGE_ARN.search(value)
            if match is None:
                return []
            api = self._state.with_id(REST_API, match["api"])
            return [(api.address if api else match["api"], match["stage"])]
        stage = self._state.candidates(association, "resource_arn", "aws_api_gateway_stage", unknown=("arn", "id")).only
        if stage is None:
            return []
        return [(self._apis.of(stage, "rest_api_id", REST_API).identity, stage.text("stage_name") or "")]

    def _resource_policies(self) -> dict[str, Policy | None]:
        """API => the policy that is written last: of a resource of its own, else of the API's attribute or body."""
        managed: dict[str, list[ResourceState]] = defaultdict(list)
        for resource in self._state.resources("aws_api_gateway_rest_api_policy"):
            managed[self._apis.of(resource, "rest_api_id", REST_API).identity].append(resource)
        apis = {api.address: api for api in self._state.resources(REST_API)}
        return {api: self._last_policy(apis.get(api), managed.get(api, [])) for api in {*apis, *managed}}

    def _last_policy(self, api: ResourceState | None, managed: list[ResourceState]) -> Policy | None:
        """Terraform writes the API before the policies that name it, and writes nothing that does not change."""
        written = [resource for resource in managed if self._state.is_after and resource.resource.changes]
        if api is not None and not written and (not managed or self._writes_policy(api)):
            document_policy = openapi.policy_of(openapi.document_of(api))
            if document_policy is not None and is_empty(api.get("policy")):
                return Policy(from_document(document_policy), str(document_policy))
            return self._own_policy(api)
        found = [_policy(resource.get("policy")) for resource in written or managed]
        if all(policy == found[0] for policy in found):
            return found[0]
        # Nobody can say which of them is written last.
        return Policy(None, " ".join(sorted(resource.address for resource in managed)))

    def _writes_policy(self, api: ResourceState) -> bool:
        """Whether an update of the API writes another policy than was there, beside a resource that does not."""
        if not self._state.is_after or api.resource.before is None:
            return False
        before, policy = api.resource.before, api.get("policy")
        in_body = openapi.policy_of(openapi.document_of(api)) is not None
        is_own = not is_empty(policy) and policy is not UNKNOWN and policy != before.get("policy")
        return is_own or (in_body and api.get("body") != before.get("body"))

    def _own_policy(self, api: ResourceState) -> Policy | None:
        """The policy of the API's own attribute, which AWS fills in where nobody wrote it."""
        own = block(self._state.plan, api.module, api.type, api.resource.name).get("expressions") or {}
        before, value = mapping(api.resource.before), api.get("policy")
        is_written = "policy" in own or (value is not UNKNOWN and value != before.get("policy"))
        stays = api.resource.before is not None and not api.resource.is_replaced
        if is_written or not self._state.is_after or (stays and value is UNKNOWN):
            return _policy(value)
        # It only repeats what is there before: nothing for a new API, and what a resource of its own takes with it.
        return _policy(before.get("policy")) if stays and not self._is_taken_away(before.get("id")) else None

    def _is_taken_away(self, api_id: Any) -> bool:
        return any(
            resource.type == "aws_api_gateway_rest_api_policy"
            and resource.is_destroyed
            and mapping(resource.before).get("rest_api_id") == api_id
            for resource in self._state.plan.resources
        )


def _policy(value: Any) -> Policy | None:
    if is_empty(value):
        return None
    statements = parse(value)
    return Policy(statements, "" if statements is not None else str(value))


def _network(api: ResourceState) -> tuple[str, ...] | None:
    types = get(api.get("endpoint_configuration"), 0, "types")
    if not isinstance(types, list) or types != ["PRIVATE"]:
        return None
    endpoints = get(api.get("endpoint_configuration"), 0, "vpc_endpoint_ids")
    return tuple(sorted(str(endpoint) for endpoint in items(endpoints)))


def _certificates(domain: ResourceState) -> str | None:
    store = domain.block("mutual_tls_authentication")
    if domain.get("mutual_tls_authentication") is UNKNOWN:
        return str(UNKNOWN)
    if is_empty(store.get("truststore_uri")):
        return None
    return f"{store.get('truststore_uri')} {store.get('truststore_version') or ''}".strip()
