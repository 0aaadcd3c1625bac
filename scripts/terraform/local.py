"""The environment variables that Terraform runs with against a local AWS."""

from __future__ import annotations

import os
import re

from scripts import ROOT
from scripts.terraform.environment import inherited
from scripts.terraform.providers import init_arguments

PROVIDER_CACHE = ROOT / ".local" / "providers"
"""Where providers from the registry are kept, so that they are downloaded once."""

_OF_THE_CALLER = re.compile(r"AWS_|TF_VAR_|TF_CLI_ARGS|TF_WORKSPACE|TF_DATA_DIR|TF_LOG|TF_INPUT|TF_REATTACH")


def local_environment(endpoint_url: str, region: str) -> dict[str, str]:
    """The environment for a local AWS: nothing of the caller's account, and none of their Terraform settings.

    Takes where the local AWS answers, and its region. A provider from the registry is kept in PROVIDER_CACHE.
    """
    own = {name: value for name, value in inherited().items() if not _OF_THE_CALLER.match(name)}
    if not init_arguments() and "TF_PLUGIN_CACHE_DIR" not in own:
        PROVIDER_CACHE.mkdir(parents=True, exist_ok=True)
        own["TF_PLUGIN_CACHE_DIR"] = str(PROVIDER_CACHE)
    return own | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_REGION": region,
        "AWS_MAX_ATTEMPTS": "3",
        "TF_IN_AUTOMATION": "1",
    }
