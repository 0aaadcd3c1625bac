"""The bill of materials: which wheels are in which package, in CycloneDX's format.

https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

from scripts.package import targets, wheels
from scripts.package.build import WHEEL_CACHE
from scripts.package.functions import FUNCTIONS, Function

NAME = "terraform-aws-jwt-authorizer"


def render(root: Path, version: str, zips: Mapping[str, bytes]) -> bytes:
    """The bill of a release, as JSON.

    Takes the folder of the source, whose locked requirements are downloaded already, the version, and the packages by
    their file names, ``<function>-<architecture>.zip``. The same packages give the same bill: it has no time.
    """
    # Imported here, for the other tasks do without.
    from cyclonedx.model import HashAlgorithm, HashType
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6
    from packageurl import PackageURL

    def sha256(content: bytes) -> list[HashType]:
        return [HashType(alg=HashAlgorithm.SHA_256, content=hashlib.sha256(content).hexdigest())]

    bill = Bom()
    bill.metadata.component = Component(name=NAME, version=version, type=ComponentType.APPLICATION, bom_ref=NAME)
    wheel_components: dict[str, Component] = {}
    for function in FUNCTIONS:
        for architecture in targets.ARCHITECTURES:
            file = f"{function.name}-{architecture}.zip"
            package = Component(
                name=file, version=version, type=ComponentType.FILE, bom_ref=file, hashes=sha256(zips[file])
            )
            bill.components.add(package)
            for wheel in _wheels(root, function, architecture):
                if wheel.name not in wheel_components:
                    name, release = wheel.name.split("-")[:2]
                    name = name.lower().replace("_", "-")
                    url = PackageURL("pypi", name=name, version=release, qualifiers={"file_name": wheel.name})
                    wheel_components[wheel.name] = Component(
                        name=name,
                        version=release,
                        purl=url,
                        bom_ref=wheel.name,
                        hashes=sha256(wheel.read_bytes()),
                    )
                    bill.components.add(wheel_components[wheel.name])
                bill.register_dependency(package, [wheel_components[wheel.name]])
            bill.register_dependency(bill.metadata.component, [package])
    document = json.loads(JsonV1Dot6(bill).output_as_string())
    del document["metadata"]["timestamp"], document["serialNumber"]
    digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
    document["serialNumber"] = uuid.uuid5(uuid.NAMESPACE_OID, digest).urn
    return (json.dumps(document, indent=2, sort_keys=True) + "\n").encode()


def _wheels(root: Path, function: Function, architecture: str) -> Iterator[Path]:
    requirements = root / function.requirements
    if requirements.exists():
        folder = wheels.fetch(requirements, targets.aws(architecture), root / WHEEL_CACHE)
        yield from sorted(folder.glob("*.whl"))
