"""The modules that decide who may call, and the tests that must notice any change of them, the quickest first."""

from typing import Final

_AUTHORIZER: Final = "functions/authorizer/jwt_authorizer"
_REVIEW: Final = "scripts/review_plan/access"

TESTS: Final[dict[str, tuple[str, ...]]] = {
    f"{_AUTHORIZER}/rules.py": ("tests/unit/test_rules.py", "tests/unit/test_handler.py"),
    f"{_AUTHORIZER}/policy.py": (
        "tests/unit/test_handler.py",
        "tests/unit/test_usage_key.py",
        "tests/unit/test_rules.py",
    ),
    f"{_AUTHORIZER}/context.py": (
        "tests/unit/test_context.py",
        "tests/unit/test_usage_key.py",
        "tests/unit/test_handler.py",
    ),
    f"{_AUTHORIZER}/jws.py": (
        "tests/unit/test_jws.py",
        "tests/unit/test_handler.py",
        "tests/security/test_token_text.py",
    ),
    f"{_AUTHORIZER}/claims.py": (
        "tests/unit/test_claims.py",
        "tests/unit/test_usage_key.py",
        "tests/security/test_claims.py",
    ),
    f"{_AUTHORIZER}/request.py": (
        "tests/unit/test_request.py",
        "tests/unit/test_handler.py",
        "tests/unit/test_rules.py",
    ),
    f"{_REVIEW}/decision.py": ("tests/review/test_decision.py", "tests/review/test_witness.py"),
    f"{_REVIEW}/difference.py": ("tests/review/test_difference.py",),
    f"{_REVIEW}/witness.py": ("tests/review/test_search.py", "tests/review/test_witness.py"),
    f"{_REVIEW}/changes.py": (
        "tests/review/test_compared_routes.py",
        "tests/review/test_other_shapes.py",
        "tests/review/test_seen.py",
    ),
}


def name_of(path: str) -> str:
    """The name by which a module is imported."""
    return path.removeprefix("functions/authorizer/").removesuffix(".py").replace("/", ".")
