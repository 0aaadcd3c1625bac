"""Plans a change of the local stack, for its review: no account, and nothing left running.

``terraform/environments/local.tfvars`` is applied to a local AWS of its own, and the change to another file of
variables beside it (``local-next.tfvars``) is planned there. A stack that `make up` left running is not touched.
"""

from __future__ import annotations

from pathlib import Path

from scripts import ROOT
from scripts.lib import local_stack, processes
from scripts.lib.console import Steps, say
from scripts.local_aws.stack import MANIFEST, Stack
from scripts.local_aws.workspace import Workspace

FOLDER = local_stack.FOLDER / "plan"


def plan(name: str, variables: Path, output: Path) -> None:
    """Write the plan, as JSON, of the change to these variables.

    Raises what the local stack raises when it cannot be brought up.
    """
    steps = Steps()
    stack = Stack(FOLDER, steps)
    with processes.interruptible(), stack.up() as info:
        steps.say(f"Planning its change to {variables.relative_to(ROOT)}")
        workspace = Workspace(FOLDER, info.endpoint_url, info.region)
        document = workspace.plan(f"-var-file={variables}", f"-var=manifest={MANIFEST}")
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_bytes(document)
    say(f"\nPlanned. `make review ENV={name}` says who may call what, before and after.")
