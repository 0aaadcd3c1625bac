"""The changes that the review is tested with: what is planned, and what the review must say of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

HOSTILE = (
    "`GET`|x",
    "<!-- gone -->",
    "</details></td>",
    "@team #1 GH-1",
    "one\ntwo\r\n### three",
    "```\n```",
    "\u202edesrever\u202c \x1b[31mred",
    "[a](javascript:alert)",
    '"quoted"].module.x["',
)


@dataclass(frozen=True)
class Expected:
    """One change.

    ``table`` holds (status, route, before, after, why) as plain text, in order; each of ``says`` stands somewhere
    below it, as ``section: text``; ``opens`` are the routes that the gate must stop at.
    """

    change: dict[str, Any]
    table: tuple[tuple[str, str, str, str, str], ...] = ()
    says: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()
    verdict: str = ""
    hides: tuple[str, ...] = field(default=())


ANY = "rule signed-in: any good token"
WRITERS = "rule writers: scope users:write, claim groups = ops"
SIGNED_IN = {"authorization": "CUSTOM", "authorizer": "signed-in"}
OPEN = {"authorization": "NONE"}
PARTNER_TOO = [
    {
        "issuer": "https://login.example.com/",
        "audiences": ["api"],
        "algorithms": ["RS256"],
        "keys": {"discovery": True},
    },
    {"issuer": "partner", "audiences": ["api"], "algorithms": ["RS256"], "keys": {"jwks_url": "https://p"}},
]

CHANGES: dict[str, Expected] = {
    "nothing": Expected({}, verdict="no route changes hands · nothing to do"),
    "opened": Expected(
        {"routes": {"GET /users": OPEN}},
        (("OPENED", "GET /users", ANY, "public", "an access rule → no authorization"),),
        opens=("GET /users",),
        verdict="1 route becomes public · 2 to change, 1 to replace",
    ),
    "closed": Expected(
        {"routes": {"GET /health": SIGNED_IN}},
        (("CLOSED", "GET /health", "public", ANY, "no authorization → an access rule"),),
        verdict="1 route closed",
    ),
    "only_an_api_key": Expected(
        {"routes": {"GET /users": {"authorization": "NONE", "api_key": True}}},
        (
            (
                "OPENED",
                "GET /users",
                ANY,
                "API key only, which is no authentication",
                "an access rule → an API key alone",
            ),
        ),
        opens=("GET /users",),
    ),
    "loosened_rule": Expected(
        {"rules": {"signed-in": {}, "writers": {"scopes": ["users:write"], "claims": {"groups": ["ops", "dev"]}}}},
        (
            (
                "LOOSENED",
                "POST /users",
                WRITERS,
                "rule writers: scope users:write, claim groups = ops or dev",
                "no longer asks for claim groups = ops; asks for claim groups = ops or dev",
            ),
        ),
        ("code: environment changes AUTHORIZER_CONFIG",),
        opens=("POST /users",),
        verdict="1 route loosened",
    ),
    "tightened_packed_rule": Expected(
        {
            "packed": True,
            "rules": {
                "signed-in": {"any_scope": ["a", "b"]},
                "writers": {"scopes": ["users:write"], "claims": {"groups": ["ops"]}},
            },
        },
        (("TIGHTENED", "GET /users", ANY, "rule signed-in: scope a or b", "asks for scope a or b"),),
    ),
    "issuer_added": Expected(
        {"issuers": PARTNER_TOO},
        (
            ("LOOSENED", "GET /users", ANY, ANY, "tokens of partner are accepted"),
            ("LOOSENED", "POST /users", WRITERS, WRITERS, "tokens of partner are accepted"),
        ),
        opens=("GET /users", "POST /users"),
    ),
    "added_under_a_public_proxy": Expected(
        {"routes": {"GET /open/admin": SIGNED_IN}},
        (
            (
                "NEW",
                "GET /open/admin",
                "public, by ANY /open/{path+}",
                ANY,
                "answered by ANY /open/{path+} until now; 5 other verbs fall through to ANY /open/{path+}, public",
            ),
        ),
        verdict="1 new route",
    ),
    "guard_removed_above_a_public_proxy": Expected(
        {"routes": {"GET /open/admin": SIGNED_IN, "GET /admin": OPEN}, "gone": ["GET /users"]},
        (
            ("NEW", "GET /admin", "no such route", "public", ""),
            (
                "NEW",
                "GET /open/admin",
                "public, by ANY /open/{path+}",
                ANY,
                "answered by ANY /open/{path+} until now; 5 other verbs fall through to ANY /open/{path+}, public",
            ),
            ("GONE", "GET /users", ANY, "no such route", ""),
        ),
        opens=("GET /admin",),
    ),
    "cache_time": Expected(
        {"authorizers": {"writers": {"alias": "writers", "ttl": 300}}},
        says=("settings: authorizer cache 0 → 300 s",),
        verdict="no route changes hands · authorizer cache 0 → 300 s · ",
    ),
    "identity_and_validation": Expected(
        {
            "authorizers": {
                "signed-in": {"alias": "signed-in", "source": "method.request.header.X-Token", "expression": "^ey.+$"}
            }
        },
        says=(
            "settings: identity source method.request.header.Authorization → method.request.header.X-Token",
            "settings: validation expression none → ^ey.+$",
        ),
    ),
    "authorizer_swapped": Expected(
        {"routes": {"POST /users": SIGNED_IN}},
        (
            (
                "LOOSENED",
                "POST /users",
                WRITERS,
                ANY,
                "rule writers → signed-in; no longer asks for scope users:write, claim groups = ops",
            ),
        ),
        opens=("POST /users",),
    ),
    "a_route_is_tightened_and_its_rule_loosened": Expected(
        {"routes": {"GET /users": {"authorization": "CUSTOM", "authorizer": "writers"}}, "issuers": PARTNER_TOO},
        (
            (
                "LOOSENED",
                "GET /users",
                ANY,
                WRITERS,
                "rule signed-in → writers; asks for scope users:write, claim groups = ops; "
                "tokens of partner are accepted",
            ),
            ("LOOSENED", "POST /users", WRITERS, WRITERS, "tokens of partner are accepted"),
        ),
        (
            "settings: during the apply, GET /users lets in tokens that it lets in neither before nor after, by rule "
            "signed-in of the new configuration: move the route first, in an apply of its own",
        ),
        opens=("GET /users", "POST /users"),
    ),
    "a_route_is_loosened_and_its_rule_tightened": Expected(
        {
            "routes": {"POST /users": SIGNED_IN},
            "rules": {"signed-in": {}, "writers": {"scopes": ["users:write", "more"], "claims": {"groups": ["ops"]}}},
        },
        (
            (
                "LOOSENED",
                "POST /users",
                WRITERS,
                ANY,
                "rule writers → signed-in; no longer asks for scope users:write, claim groups = ops",
            ),
        ),
        (
            "settings: during the apply, POST /users refuses tokens that it refuses neither before nor after, by rule "
            "writers of the new configuration: move the route first, in an apply of its own",
        ),
        opens=("POST /users",),
    ),
    "authorizer_of_somebody_else": Expected(
        {"other": True, "authorizers": {"writers": {"alias": "none", "ttl": 0}}},
        (
            (
                "LOOSENED",
                "POST /users",
                WRITERS,
                "Lambda authorizer writers, which calls system-other",
                "other callers than before",
            ),
        ),
        opens=("POST /users",),
    ),
    "authorizer_removed": Expected(
        {
            "gone_authorizers": ["writers"],
            "routes": {"POST /users": {"authorization": "CUSTOM", "authorizer_id": "@id"}},
        },
        (
            (
                "TIGHTENED",
                "POST /users",
                WRITERS,
                "nobody: this plan destroys its authorizer writers",
                "an access rule → a destroyed authorizer",
            ),
        ),
        (
            'not_live: aws_api_gateway_authorizer.this["writers"] is destroyed, and '
            'aws_api_gateway_method.this["POST /users"] still names it',
            "replacements: is destroyed: its key is gone from for_each",
        ),
        verdict="1 route tightened · an authorizer dangles",
    ),
    "authorizer_unknown": Expected(
        {
            "rules": {
                "signed-in": {},
                "writers": {"scopes": ["users:write"], "claims": {"groups": ["ops"]}},
                "new": {"path_equals": {"id": "sub"}},
            },
            "authorizers": {"new": {"alias": "new", "ttl": 0, "type": "REQUEST"}},
            "routes": {"GET /users": {"authorization": "CUSTOM", "authorizer": "new"}},
        },
        (
            (
                "TIGHTENED",
                "GET /users",
                ANY,
                "unknown until apply: nobody: system-authorizer is called by no alias, so that every call fails; "
                "or rule new: id in the path = claim sub",
                "rule signed-in → new; asks for id in the path = claim sub",
            ),
        ),
    ),
    "deployment_forgotten": Expected(
        {"deployment": "@same", "routes": {"GET /users": OPEN}},
        (("OPENED", "GET /users", ANY, "public", "an access rule → no authorization"),),
        (
            'not_live: aws_api_gateway_method.this["GET /users"] will not go live: aws_api_gateway_deployment.this '
            "is not replaced; let its triggers hold what changes",
        ),
        opens=("GET /users",),
        verdict="1 route becomes public · 1 change not live",
    ),
    "preflight_and_not": Expected(
        {"routes": {"OPTIONS /health": {"authorization": "NONE", "integration": "MOCK"}, "OPTIONS /users": OPEN}},
        (
            (
                "OPENED",
                "OPTIONS /users",
                "preflight, answered by API Gateway itself",
                "public",
                "a preflight's mock → no authorization",
            ),
            ("NEW", "OPTIONS /health", "no such route", "preflight, answered by API Gateway itself", ""),
        ),
        opens=("OPTIONS /users",),
    ),
    "permission_widened": Expected(
        {
            "source": "/*",
            "statements": [
                {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"},
                {"Effect": "Deny", "Action": "s3:*", "Resource": "*"},
            ],
            "trust": [
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRole",
                    "Principal": {"Service": "lambda.amazonaws.com", "AWS": "arn:aws:iam::111111111111:root"},
                }
            ],
        },
        (
            (
                "LOOSENED",
                "aws_lambda_permission.api",
                "a Lambda permission",
                "a Lambda permission",
                "source_arn: arn:aws:execute-api:eu-west-1::{api}/*/GET/users → arn:aws:execute-api:eu-west-1::{api}/*",
            ),
        ),
        opens=("aws_lambda_permission.api",),
        says=(
            "permissions: + policy: Allow dynamodb:* on * (new wildcard: action dynamodb:*, resource *)",
            "permissions: - policy: Allow dynamodb:GetItem on arn:aws:dynamodb:eu-west-1:000000000000:table/users",
            "permissions: + policy: Deny s3:* on *",
            "permissions: ~ trust: Allow sts:AssumeRole: now also to AWS arn:aws:iam::111111111111:root "
            "(trust widened)",
            "permissions: ~ source_arn: arn:aws:execute-api:eu-west-1::{api}/*/GET/users → "
            "arn:aws:execute-api:eu-west-1::{api}/* (widened)",
        ),
        verdict="1 route loosened · ",
    ),
    "secret_in_the_environment": Expected(
        {
            "environment": {"DB_PASSWORD": "hunter2-in-the-clear", "MARKED": "marked-and-never-shown", "STAGE": "v-1"},
            "parameter": "second-secret-of-the-plan",
            "notes": {"copy": "a note with marked-and-never-shown in it", "api_token": "not-marked-but-named"},
        },
        says=("code: environment adds DB_PASSWORD, MARKED, STAGE",),
        hides=(
            "hunter2-in-the-clear",
            "marked-and-never-shown",
            "v-1",
            "first-secret-of-the-state",
            "second-secret-of-the-plan",
        ),
    ),
    "hostile_keys": Expected(
        {
            "notes": {key: key for key in HOSTILE},
            "routes": {f"GET /{key.replace('/', '')}": OPEN for key in HOSTILE[:6]},
        },
        says=(),
        verdict="6 new routes are public or unknown",
    ),
    "logs_and_throttling": Expected(
        {"access_logs": False, "data_trace": True, "burst": 0, "rate": 0, "retention": 1, "logging_level": "INFO"},
        says=(
            "settings: access log arn:aws:logs:eu-west-1:000000000000:log-group:/aws/apigateway/system → none",
            "settings: data trace no → yes: bodies and Authorization headers go to the logs",
            "settings: throttling burst 50 → 0: 0 refuses every request",
            "settings: throttling rate 100 → 0/s: 0 refuses every request",
            "settings: log retention 30 → 1 days",
            "settings: execution logging ERROR → INFO",
        ),
    ),
    "endpoint_and_cors": Expected(
        {"closed_endpoint": False, "origins": ["*"]},
        tuple(
            ("LOOSENED", route, who, who, "can also be called at execute-api/live")
            for route, who in (
                ("ANY /open", "public"),
                ("ANY /open/{path+}", "public"),
                ("GET /health", "public"),
                ("GET /keyed", "API key only, which is no authentication"),
                ("GET /robots", "IAM: callers whose policies allow it"),
                ("GET /users", ANY),
                ("OPTIONS /users", "preflight, answered by API Gateway itself"),
                ("POST /users", WRITERS),
            )
        ),
        opens=(
            "ANY /open",
            "ANY /open/{path+}",
            "GET /health",
            "GET /keyed",
            "GET /robots",
            "GET /users",
            "OPTIONS /users",
            "POST /users",
        ),
        says=(
            "settings: execute-api URL closed yes → no: the API can be called past its domain name, and what stands "
            "before that",
            "settings: CORS origins https://app.example.com → *: any page",
        ),
    ),
    "http_route_opened": Expected(
        {"http": "NONE"},
        (
            (
                "OPENED",
                "GET /orders",
                "JWT authorizer jwt: issuer https://login.example.com/, audience web, scope orders:read",
                "public",
                "a JWT authorizer → no authorization",
            ),
        ),
        opens=("GET /orders",),
    ),
    "http_scope_and_audience": Expected(
        {"http_scopes": ["orders:read", "orders:admin"], "audience": ["web", "mobile"]},
        (
            (
                "LOOSENED",
                "GET /orders",
                "JWT authorizer jwt: issuer https://login.example.com/, audience web, scope orders:read",
                "JWT authorizer jwt: issuer https://login.example.com/, audience mobile or web, scope orders:admin or "
                "orders:read",
                "audience mobile is accepted; scope orders:admin is accepted",
            ),
        ),
        opens=("GET /orders",),
    ),
    "everything": Expected(
        {
            "routes": {
                "GET /users": OPEN,
                "GET /health": SIGNED_IN,
                "GET /open/admin": SIGNED_IN,
                "GET /`a|b`<!--@team": OPEN,
            },
            "gone": ["GET /keyed"],
            "rules": {"signed-in": {}, "writers": {"scopes": ["users:write"]}},
            "authorizers": {"writers": {"alias": "writers", "ttl": 300}},
            "environment": {"API_TOKEN": "never-to-be-shown"},
            "statements": [{"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}],
            "burst": 500,
            "http_scopes": [],
            "notes": {"</details>\n```\n@team": "`|`<!--"},
        },
        (
            ("OPENED", "GET /users", ANY, "public", "an access rule → no authorization"),
            (
                "LOOSENED",
                "POST /users",
                WRITERS,
                "rule writers: scope users:write",
                "no longer asks for claim groups = ops",
            ),
            (
                "LOOSENED",
                "GET /orders",
                "JWT authorizer jwt: issuer https://login.example.com/, audience web, scope orders:read",
                "JWT authorizer jwt: issuer https://login.example.com/, audience web",
                "no longer asks for scope orders:read",
            ),
            ("NEW", "GET /`a|b`<!--@team", "no such route", "public", ""),
            (
                "NEW",
                "GET /open/admin",
                "public, by ANY /open/{path+}",
                ANY,
                "answered by ANY /open/{path+} until now; 5 other verbs fall through to ANY /open/{path+}, public",
            ),
            ("GONE", "GET /keyed", "API key only, which is no authentication", "no such route", ""),
            ("CLOSED", "GET /health", "public", ANY, "no authorization → an access rule"),
        ),
        opens=("GET /users", "POST /users", "GET /orders", "GET /`a|b`<!--@team"),
        hides=("never-to-be-shown",),
    ),
}
