"""What terraform/modules/domain-name plans, and which inputs it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plan.support import ACCOUNT, REGION, Modules

MODULE = "terraform/modules/domain-name"
CERTIFICATE = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/0a1b"
BASE: dict[str, Any] = {
    "domain_name": "api.example.com",
    "certificate_arn": CERTIFICATE,
    "mappings": {"": {"rest_api_id": "abcdefghij", "stage_name": "v1"}},
}
EDGE_CERTIFICATE = CERTIFICATE.replace(REGION, "us-east-1")
MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "certificate": ({"certificate_arn": "api.example.com"}, 'certificate_arn is "api.example.com": write the ARN'),
    "edge_certificate": (
        {"endpoint_type": "EDGE"},
        "endpoint_type is EDGE: write the ARN of a certificate in us-east-1",
    ),
    "domain": ({"domain_name": "https://api.example.com"}, 'domain_name is "https://api.example.com": write a name in'),
    "endpoint": ({"endpoint_type": "PRIVATE"}, 'endpoint_type is "PRIVATE": write "REGIONAL" or "EDGE".'),
    "no_mapping": ({"mappings": {}}, "mappings is empty, and a domain name without one answers 403 to everybody"),
    "base_path": (
        {"mappings": {"a/b": {"rest_api_id": "abcdefghij", "stage_name": "v1"}}},
        'mappings has the base path "a/b": write one segment without slashes',
    ),
    "truststore": (
        {"mutual_tls": {"truststore_uri": "orders-truststore"}},
        'mutual_tls.truststore_uri is "orders-truststore": write where the certificates of the authorities are',
    ),
    "misspelt_version": (
        {"mutual_tls": {"truststore_uri": "s3://orders/ca.pem", "truststore_versoin": "1"}},
        "mutual_tls.truststore_versoin is not a known key: ",
    ),
    "mutual_tls_at_the_edge": (
        {
            "certificate_arn": EDGE_CERTIFICATE,
            "endpoint_type": "EDGE",
            "mutual_tls": {"truststore_uri": "s3://orders/ca.pem"},
        },
        "mutual_tls is set and endpoint_type is EDGE: API Gateway asks for client certificates at regional endpoints",
    ),
    "ownership": (
        {"ownership_verification_certificate_arn": "x"},
        'ownership_verification_certificate_arn is "x": write the ARN of a certificate in ACM, or null.',
    ),
}


def test_an_edge_domain_has_its_certificate_where_cloudfront_looks_and_asks_for_no_other(modules: Modules) -> None:
    edge = {**BASE, "certificate_arn": EDGE_CERTIFICATE, "endpoint_type": "EDGE"}
    resources = modules.variants(MODULE, {"edge": edge}).plan({}).modules["module.edge"].resources
    domain = resources["aws_api_gateway_domain_name.this"]["values"]
    assert (domain["certificate_arn"], domain["regional_certificate_arn"]) == (EDGE_CERTIFICATE, None)
    assert domain["mutual_tls_authentication"] == []
    assert resources['aws_api_gateway_base_path_mapping.this[""]']["values"]["base_path"] == ""


@pytest.fixture(scope="module")
def refused(modules: Modules) -> str:
    """All that Terraform says: of single variables first, and of the others when those are right."""
    single = {
        name: case for name, case in MISTAKES.items() if not name.startswith(("truststore", "mis", "mutual", "edge"))
    }
    rest = {name: case for name, case in MISTAKES.items() if name not in single}
    return "\n".join(
        modules.variants(MODULE, {name: {**BASE, **change} for name, (change, _) in cases.items()}).refused({})
        for cases in (single, rest)
    )


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_refused_with_what_to_write(refused: str, name: str) -> None:
    assert MISTAKES[name][1] in refused
