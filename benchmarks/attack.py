"""Try every attack in ``benchmarks.attacks``; print how many of each kind were tried, and how many succeeded.

python -m benchmarks.attack [NAME…]        exit code 1 if one succeeds
"""

from __future__ import annotations

import argparse
import pkgutil
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from benchmarks import attacks


def main() -> None:
    """Run the attacks of the modules named, or of all."""
    names = sorted(module.name for module in pkgutil.iter_modules(attacks.__path__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names))
    chosen = parser.parse_args().names or names
    if unknown := set(chosen) - set(names):
        parser.error(f"there is no {', '.join(sorted(unknown))}: choose from {', '.join(names)}")
    tried = succeeded = 0
    began = time.monotonic()
    for name in chosen:
        with tempfile.TemporaryDirectory() as folder:
            for result in import_module(f"benchmarks.attacks.{name}").attack(Path(folder)):
                print(
                    f"{name:<10} {result.what:<70} tried {result.tried:>4}  succeeded {len(result.succeeded):>3}",
                    flush=True,
                )
                for case in result.succeeded:
                    print(f"           succeeded: {case}", flush=True)
                tried, succeeded = tried + result.tried, succeeded + len(result.succeeded)
    print(f"{tried} attacks tried, {succeeded} succeeded, {time.monotonic() - began:.0f} s")
    sys.exit(succeeded > 0)


if __name__ == "__main__":
    main()
