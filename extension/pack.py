"""`python -m extension.pack`: the packages for Firefox and Chromium. It needs Python and nothing else."""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from extension.contents import BROWSERS, ContentError, contents

# Nothing of the machine or the day is in a package. Deflate would be: what it makes depends on the zlib at hand.
STAMP = (1980, 1, 1, 0, 0, 0)
PLAIN_FILE, UNIX = 0o100644 << 16, 3

EXAMPLES = """
Examples:

  python -m extension.pack
      dist/boundgate-extension-firefox.zip and -chromium.zip, as the stores get them

  python -m extension.pack --unpacked /tmp/boundgate
      folders to load by hand: in Chromium chrome://extensions, "Load unpacked", /tmp/boundgate/chromium;
      in Firefox about:debugging, "Load Temporary Add-on", /tmp/boundgate/firefox/manifest.json

  python -m extension.pack --hosts "https://ai.example.com/*"
      for an organisation that installs it by policy: its people need not switch that site on

The same sources make the same bytes, on every machine and every day; compare the SHA-256 that is printed.
"""


def write_zip(files: Mapping[str, bytes], target: Path) -> str:
    """Write a package that depends on its contents alone; returns its SHA-256 in hexadecimal."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, STAMP)
            entry.external_attr, entry.create_system = PLAIN_FILE, UNIX
            archive.writestr(entry, files[name])
    return hashlib.sha256(target.read_bytes()).hexdigest()


def write_unpacked(files: Mapping[str, bytes], target: Path) -> None:
    """Write the files below a folder; an earlier build that is there is replaced.

    Raises:
        ContentError: The folder holds something else.
    """
    if target.exists():
        if any(target.iterdir()) and not (target / "manifest.json").exists():
            raise ContentError(f"{target} is not empty and holds no extension; choose another folder")
        shutil.rmtree(target)
    for name, data in files.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def run(arguments: Sequence[str]) -> int:
    """Pack as the command line says; returns the exit status."""
    options, packages = _parser().parse_args(arguments), dict[str, dict[str, bytes]]()
    try:
        for name in options.browser or BROWSERS:
            packages[name] = contents(name, hosts=options.hosts, key=options.key if name == "chromium" else None)
        for name, files in packages.items():
            if options.unpacked:
                write_unpacked(files, options.unpacked / name)
                print(options.unpacked / name)
            else:
                target = options.out / f"boundgate-extension-{name}.zip"
                print(f"{write_zip(files, target)}  {target}")
    except (ContentError, OSError) as error:
        print(f"extension.pack: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m extension.pack",
        description="Pack the companion extension for Firefox and Chromium.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, default=Path("dist"), metavar="DIR", help="where the zips go (dist)")
    parser.add_argument("--unpacked", type=Path, metavar="DIR", help="write DIR/firefox and DIR/chromium, and no zips")
    parser.add_argument(
        "--hosts", action="append", default=[], metavar="PATTERN", help="sites that are on from the start; repeatable"
    )
    parser.add_argument("--browser", action="append", choices=BROWSERS, help="only this one; repeatable")
    parser.add_argument("--key", metavar="BASE64", help="public key that settles the id in Chromium; not for stores")
    return parser


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
