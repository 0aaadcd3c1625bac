"""Show on a real account what nobody can show without one: ``python -m scripts.operate.acceptance --environment dev``.

Says what it will make and what that costs, asks, applies ``terraform/acceptance`` to the account of the caller's
credentials, carries out the checks, writes a record into ``docs/acceptance``, and destroys everything again, also when
it is interrupted. For ``local`` the account is a local AWS, and what must fail there is known. Exits 0 when every check
passed that could, 1 when one failed or something could not be applied or destroyed, 2 when something is to be done
first.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from scripts import ROOT
from scripts.lib import aws, processes
from scripts.lib.console import Steps, paint, say
from scripts.lib.program import Error, UsageError, run
from scripts.local_aws.ministack import EXECUTE_API, REGION, Instance, MiniStack
from scripts.local_aws.stack import MANIFEST as HOST_MANIFEST
from scripts.local_aws.stack import package, websocket_url
from scripts.local_aws.workspace import Workspace
from scripts.operate import environment
from scripts.operate.acceptance.checks import CHECKS, Check, Failed, Skipped
from scripts.operate.acceptance.gaps import GAPS
from scripts.operate.acceptance.record import Record, Result
from scripts.operate.acceptance.system import STAGE, Authorizer, System

FOLDER: Final = ROOT / ".local" / "acceptance"
RECORDS: Final = ROOT / "docs" / "acceptance"
AWS_MANIFEST: Final = ROOT / "build" / "manifest.json"
LOCAL: Final = "local"
_MODULE: Final = "acceptance"
_MAKES: Final = """\
This makes in the account of your credentials, in {region}, and destroys again after some ten minutes:
  - a REST, an HTTP and a WebSocket API, with a usage plan and an API key
  - six Lambda functions, one of them kept ready and one with a snapshot, and their roles and log groups
  - five secrets in Secrets Manager
Everything is named {name}-…; nothing else of the account is touched.
It costs less than $0.10: five secrets and the copy that is kept ready for minutes, and the snapshot's least time of
three hours. Requests cost nothing that can be seen."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="acceptance", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--environment", metavar="NAME", required=True, help="whose account it is, such as dev; or local"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--only", metavar="CHECK", nargs="+", choices=[check.name for check in CHECKS], default=[])
    given = parser.parse_args(arguments)
    return run("acceptance", lambda: _run(given.environment, yes=given.yes, only=given.only))


def _run(name: str, *, yes: bool, only: Sequence[str]) -> int:
    checks = [check for check in CHECKS if not only or check.name in only]
    with processes.interruptible():
        if name == LOCAL:
            record = on_local_aws(FOLDER / LOCAL, checks)
            return 0 if _as_known(record) else 1
        record = _on_aws(name, checks, yes=yes)
    for path in record.write(RECORDS):
        say(f"Written, to be committed: {path.relative_to(ROOT)}")
    return 1 if record.failed else 0


def _as_known(record: Record) -> bool:
    """Whether exactly those checks failed that the local AWS cannot pass."""
    known = GAPS.keys() & {result.check for result in record.results}
    for name in sorted(record.failed - known):
        say(f"{paint('✗', 'red')} {name} fails, and the local AWS should pass it")
    for name in sorted(known - record.failed):
        say(f"{paint('✗', 'red')} {name} passes: the local AWS has learnt it; remove it from gaps.py")
    if record.failed == known:
        say(f"{len(known)} checks fail on the local AWS, as docs/acceptance.md says, and all others pass.")
    return record.failed == known


def _on_aws(name: str, checks: Sequence[Check], *, yes: bool) -> Record:
    environment.find(name)
    if not AWS_MANIFEST.is_file():
        raise UsageError("the Lambda packages are not built; run `make package` first")
    region = aws.client("sts").meta.region_name
    prefix = f"jwt-acceptance-{name}"
    say(_MAKES.format(region=region, name=prefix))
    if not yes and input("\nType yes to go on: ").strip() != "yes":
        raise UsageError("nothing was made")
    role = aws.client("apigateway").get_account().get("cloudwatchRoleArn")
    given = {"manifest": str(AWS_MANIFEST), "name": prefix, "access_logs": json.dumps(bool(role))}
    workspace = Workspace(FOLDER / name, None, region, _MODULE)
    with _applied(workspace, given, Steps()) as (outputs, key):
        urls = (outputs["rest_url"], outputs["http_url"], outputs["websocket_url"])
        return _record(name, region, _carry_out(_system(aws.client, urls, outputs, key), checks), AWS_MANIFEST)


def on_local_aws(folder: Path, checks: Sequence[Check], running: Instance | None = None) -> Record:
    """Carry out checks on a local AWS: the one that runs, or one that is started and stopped for it."""
    steps, local = Steps(), MiniStack(folder)
    folder.mkdir(parents=True, exist_ok=True)
    package(steps, folder / "package.log")
    if running is None:
        # What an earlier one held is gone with it.
        (folder / "terraform.tfstate").unlink(missing_ok=True)
    try:
        instance = running or local.start()
        workspace = Workspace(folder, instance.endpoint_url, REGION, _MODULE)
        given = {"manifest": str(HOST_MANIFEST), "name": "jwt-acceptance", "access_logs": "true", "snap_start": "false"}
        with _applied(workspace, given, steps) as (outputs, key):
            urls = (
                f"{instance.endpoint_url}/restapis/{outputs['rest_api_id']}/{STAGE}/_user_request_",
                f"{instance.endpoint_url}{EXECUTE_API}/{outputs['http_api_id']}/{STAGE}",
                str(websocket_url(instance.port, outputs["websocket_api_id"], STAGE)),
            )

            def client(service: str) -> Any:
                return aws.client(service, instance.endpoint_url, REGION)

            results = _carry_out(replace(_system(client, urls, outputs, key), patience=3), checks)
            return _record(LOCAL, REGION, results, HOST_MANIFEST)
    finally:
        if local.started_here:
            local.stop()


@contextmanager
def _applied(
    workspace: Workspace, variables: Mapping[str, str], steps: Steps
) -> Iterator[tuple[Mapping[str, Any], str]]:
    """The module applied, with its outputs and the key of its usage plan; it is destroyed at the end in any case.

    The state stays in the folder until all is destroyed. What an earlier run left is brought up to date and destroyed.
    """
    key = uuid.uuid4().hex
    arguments = [f"-var={name}={value}" for name, value in {**variables, "usage_key": key}.items()]
    try:
        steps.say("Applying terraform/acceptance")
        workspace.apply(*arguments)
        steps.say("Carrying out the checks")
        yield workspace.outputs(), key
    finally:
        steps.say("Destroying everything again")
        try:
            workspace.destroy(*arguments)
        except Error as error:
            raise Error(
                f"not everything is destroyed: run the same command again, which does so at its end\n{error}"
            ) from None


def _system(client: Any, urls: tuple[str, str, str], outputs: Mapping[str, Any], key: str) -> System:
    authorizers = {name: Authorizer(**values) for name, values in outputs["authorizers"].items()}
    return System(client, *urls, authorizers, key, outputs.get("access_log_group"))


def _carry_out(system: System, checks: Sequence[Check]) -> list[Result]:
    _wait_until_it_answers(system)
    return [_result(system, check) for check in checks]


def _result(system: System, check: Check) -> Result:
    started = time.monotonic()
    result, why, seen = "passed", "", {}
    try:
        seen = dict(check.run(system))
    except Skipped as reason:
        result, why = "skipped", str(reason)
    except Exception as error:
        # One check that cannot be carried out must not keep the others from it, nor the account from being cleaned.
        result, why = (
            "failed",
            str(error) if isinstance(error, Failed) else f"{type(error).__name__}: {aws.failure(error)}",
        )
    mark = {"passed": paint("✓", "green"), "failed": paint("✗", "red")}.get(result, "-")
    say(f"  {mark} {check.name}: {check.proves if result == 'passed' else why}")
    return Result(check.name, check.proves, result, why, seen, round(time.monotonic() - started, 1))


def _wait_until_it_answers(system: System) -> None:
    """What was just made is not known everywhere at once."""
    deadline = time.monotonic() + system.patience
    while time.monotonic() < deadline:
        with suppress(UsageError):
            if {system.rest("/hello", system.token()).status, system.http("/hello", system.token()).status} == {200}:
                return
        time.sleep(3)


def _record(name: str, region: str, results: Sequence[Result], manifest: Path) -> Record:
    functions = json.loads(manifest.read_text())["functions"]
    packages = {function: entry["sha256"] for function, entry in functions.items()}
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    date = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Record(date, name, region, done.stdout.strip(), packages, results)


if __name__ == "__main__":
    sys.exit(main())
