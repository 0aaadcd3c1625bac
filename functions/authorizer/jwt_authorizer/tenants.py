"""Issuers of several tenants, whose tokens name their tenant in `tid`: the one exception to exact issuers.

Only Entra ID has them. https://learn.microsoft.com/en-us/entra/identity-platform/access-tokens#validate-the-issuer
"""

from collections.abc import Mapping
from typing import Any

from jwt_authorizer.settings import Issuer

PLACEHOLDER = "{tenantid}"
# In place of a list of tenants: every tenant there is.
ANY = "any"
# A GUID: hexadecimal digits in groups of these lengths.
_GROUPS = [8, 4, 4, 4, 12]
_DIGITS = frozenset("0123456789abcdef-")


def owns(issuer: Issuer, claims: Mapping[str, Any]) -> bool:
    """Whether claims are of one of an issuer's tenants: their `tid` is one, and their `iss` is that tenant's name."""
    tenant = claims.get("tid")
    if not isinstance(tenant, str) or not is_tenant(tenant) or issuer.tenants.isdisjoint((tenant, ANY)):
        return False
    return claims.get("iss") == of_tenant(str(issuer.issuer), tenant)


def of_tenant(name: str, tenant: str) -> str:
    """The name that one tenant has, where `name` is that of all tenants."""
    return name.replace(PLACEHOLDER, tenant)


def is_tenant(text: str) -> bool:
    """Whether a text is a tenant's id as Entra ID writes it: a GUID in lower case."""
    return _DIGITS.issuperset(text) and [len(group) for group in text.split("-")] == _GROUPS
