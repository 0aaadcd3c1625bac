"""MiniStack with our patches, which ends with the process that started it: ``python -m scripts.local_aws.launcher``."""

from __future__ import annotations

import threading

from scripts.local_aws import patches
from scripts.local_aws.companion import exit_with_parent


def main() -> None:
    """Run MiniStack; it is configured by its own environment variables."""
    threading.Thread(target=exit_with_parent, daemon=True).start()
    from ministack.app import main as serve

    patches.patch_all()
    serve()


if __name__ == "__main__":
    main()
