"""Composes the tasks: `invoke` and `./inv` read this file."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from hubfleet.cli.collection import collect

namespace = collect()
