"""The rules and routes of test_access_rules: what is applied, and a reading of it that has nothing of the product's."""

from __future__ import annotations

from typing import Any

CACHE_SECONDS = 2

# Twelve routes behind four rules.
RULES: dict[str, dict[str, Any]] = {
    "anyone": {},
    "reader": {"any_scope": ["orders:read", "orders:write"]},
    "writer": {"scopes": ["orders:write"]},
    "office": {"claims": {"groups": ["ops", "admin"]}},
}
ROUTES = {
    "anyone": ["/hello", "/menu", "/menu/{dish}"],
    "reader": ["/orders", "/orders/{id}", "/orders/{id}/lines", "/reports"],
    "writer": ["/orders/new", "/orders/{id}/copy"],
    "office": ["/admin", "/admin/users", "/admin/users/{id}"],
}

# Three callers, and which of the rules they meet.
CALLERS: dict[str, dict[str, Any]] = {
    "guest": {"sub": "guest"},
    "clerk": {"sub": "clerk", "scope": "openid orders:read", "groups": ["sales"]},
    "boss": {"sub": "boss", "scp": ["orders:write"], "groups": ["sales", "ops"]},
}
MET = {"guest": {"anyone"}, "clerk": {"anyone", "reader"}, "boss": {"anyone", "reader", "writer", "office"}}


def _route(rule: str) -> dict[str, str]:
    return {"function": "backend", "rule": rule}


# A plan for a tenant whose key a claim names; it counts the calls of one route.
TENANT_KEY = "the-key-of-tenant-1-in-a-claim"
QUOTA = 3

VARIABLES: dict[str, Any] = {
    "name": "rules",
    "issuers": [
        {
            "issuer": "local",
            "audiences": ["api"],
            "algorithms": ["HS256"],
            "keys": {"secret": {"generate": "hmac"}},
            "required_claims": ["exp", "sub"],
            "leeway_seconds": 0,
            "usage_key_claim": "tenant_key",
        }
    ],
    # With throttling: MiniStack describes a plan without as one whose limits are 0.
    "usage_plans": {"small": {"quota": {"limit": QUOTA, "period": "DAY"}, "throttling": {"burst": 100, "rate": 100}}},
    "usage_keys": {"tenant-1": {"plan": "small", "value": TENANT_KEY}},
    # Each rule once with the cache, and once without, for the same paths below /fresh.
    "rules": {
        **RULES,
        **{f"fresh-{name}": {**rule, "cache_seconds": 0} for name, rule in RULES.items()},
        "brief": {"any_scope": ["orders:read"], "cache_seconds": CACHE_SECONDS},
        "own": {
            "type": "REQUEST",
            "token": ["header.Authorization", "cookie.session"],
            "path_equals": {"user": "sub"},
            "cache_seconds": 0,
        },
    },
    "routes": {
        **{f"GET {path}": _route(rule) for rule, paths in ROUTES.items() for path in paths},
        **{f"GET /fresh{path}": _route(f"fresh-{rule}") for rule, paths in ROUTES.items() for path in paths},
        "GET /brief": _route("brief"),
        "GET /counted": {**_route("anyone"), "api_key_required": True},
        "GET /users/{user}/record": _route("own"),
    },
}
