"""Run MiniStack with this package's strictness: ``python -m tests.apply_order.strict_aws``."""

from __future__ import annotations

import os

from scripts.local_aws import launcher
from tests.apply_order.strict_aws import control, deployments, mends, readiness, rights


def main() -> None:
    """Serve; the launcher that it builds on takes its configuration from environment variables."""
    os.environ["AUTH"] = "true"  # read when MiniStack is imported
    mends.mend()
    rights.enforce()
    deployments.enforce()
    readiness.enforce()
    control.serve()
    launcher.main()


if __name__ == "__main__":
    main()
