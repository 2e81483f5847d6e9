"""Makes src/dispatch/compose/data/clients.json from the caniemail data: `python scripts/clients.py FOLDER`.

FOLDER is the unpacked npm package `caniemail` (`npm pack caniemail`, then `tar xzf`). Of every feature the latest
known support in each client that readers of briefs use is kept: y yes, a partly, n no, u unknown.
"""

import json
import sys
from pathlib import Path

OUT = Path(__file__).parents[1] / "src/dispatch/compose/data/clients.json"
CLIENTS = (
    ("apple-mail", "macos"),
    ("apple-mail", "ios"),
    ("gmail", "desktop-webmail"),
    ("gmail", "ios"),
    ("gmail", "android"),
    ("outlook", "windows"),
    ("outlook", "outlook-com"),
    ("outlook", "macos"),
    ("outlook", "ios"),
    ("outlook", "android"),
    ("yahoo", "desktop-webmail"),
    ("samsung-email", "android"),
    ("thunderbird", "macos"),
)


def support(stats: dict[str, dict[str, dict[str, str]]], client: tuple[str, str]) -> str:
    """The letter of a client's newest tested version."""
    versions = stats.get(client[0], {}).get(client[1], {})
    return list(versions.values())[-1][0] if versions else "u"


def main() -> None:
    """Read the package, write the reduced data."""
    folder = Path(sys.argv[1])
    package = json.loads((folder / "package.json").read_text("utf-8"))
    data = json.loads((folder / "data/caniemail.json").read_text("utf-8"))
    names = data["nicenames"]
    made = {
        "source": f"npm package caniemail {package['version']}, data of {data['last_update_date']}",
        "licence": "MIT; see LICENSE-caniemail beside this file",
        "clients": [f"{names['family'][family]} {names['platform'][platform]}" for family, platform in CLIENTS],
        "features": {
            feature["slug"]: [feature["title"], "".join(support(feature["stats"], client) for client in CLIENTS)]
            for feature in data["data"]
        },
    }
    lines = json.dumps(made, ensure_ascii=False, indent=1).replace("[\n   ", "[").replace(",\n   ", ", ")
    OUT.write_text(lines.replace("\n  ]", "]") + "\n", "utf-8")
    (OUT.parent / "LICENSE-caniemail").write_text((folder / "LICENSE").read_text("utf-8"), "utf-8")


if __name__ == "__main__":
    main()
