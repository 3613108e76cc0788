"""The digests of the vendored assets: `python -m tests.dashboard.manifest` writes them after an update."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

VENDOR = Path(__file__).parents[2] / "dashboard" / "static" / "vendor"
MANIFEST = VENDOR / "manifest.json"
LICENCES = {
    "pico": ("@picocss/pico", "MIT"),
    "atkinson-hyperlegible-next": ("@fontsource-variable/atkinson-hyperlegible-next", "OFL-1.1"),
    "tabler-icons": ("@tabler/icons", "MIT"),
}


def made() -> dict[str, Any]:
    """What the manifest must say of the files there are."""
    folders = {}
    for folder in sorted(path for path in VENDOR.iterdir() if path.is_dir()):
        name, _, version = folder.name.rpartition("-")
        package, licence = LICENCES[name]
        digests = {
            file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())
        }
        folders[folder.name] = {
            "package": package,
            "version": version,
            "licence": licence,
            "sha256": digests,
        }
    return folders


if __name__ == "__main__":
    MANIFEST.write_text(json.dumps(made(), indent=1) + "\n", encoding="utf-8")
