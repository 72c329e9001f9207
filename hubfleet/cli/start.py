"""Start here"""

from __future__ import annotations

from hubfleet.cli.base import task


@task()
def where(c):
    """Show which folders hubfleet uses on this machine."""
    from hubfleet import paths
    from hubfleet.cli.base import say

    root = paths.repository()
    rows = [
        ("repository", root),
        ("cache", paths.cache()),
        ("local cluster", paths.state()),
        ("runs", paths.runs(root)),
    ]
    say.table("Folders", ("what", "folder"), rows)
