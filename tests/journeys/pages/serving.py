"""The demonstration's service and its outside world in a process of their own, until its standard input ends."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from condau.demo import demo_service


def main(folder: str) -> None:
    """Writes one line of JSON as soon as both answer: where the service is, and where its outside world."""
    with demo_service(Path(folder)) as demo:
        sys.stdout.write(json.dumps({"service": demo.settings.public_url, "outside": demo.outside_url}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
