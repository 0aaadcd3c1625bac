"""Access rules: which one a call is about."""

from collections.abc import Mapping

from jwt_authorizer.errors import ConfigurationError
from jwt_authorizer.settings import Rule


def called_rule(invoked_function_arn: str, rules: Mapping[str, Rule]) -> Rule:
    """The rule whose alias the function was called by.

    Takes `context.invoked_function_arn`, which ends in the alias that the caller used, and the configured rules.
    Raises ConfigurationError when it was called by no alias, or by one that names no rule.
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
    """
    fields = invoked_function_arn.split(":")
    alias = fields[7] if len(fields) == 8 else ""
    if alias not in rules:
        raise ConfigurationError(
            f"called by {'the alias ' + alias if alias else 'no alias'}, which names no rule;"
            f" let the API's authorizer call one of the aliases {', '.join(rules)}"
        )
    return rules[alias]
