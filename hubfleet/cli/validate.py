"""Configuration"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubfleet.cli.base import SELECT_HELP, Exit, say, task
from hubfleet.errors import HubfleetError, InvalidConfiguration

if TYPE_CHECKING:
    from pathlib import Path

    from hubfleet.validation.rendering import Renderer
    from hubfleet.validation.report import Report


@task(
    help={
        "select": SELECT_HELP,
        "json": "print JSON",
        "render": "render every hub with helm (--no-render: only read the files)",
        "jupyterhub-chart": "a packaged JupyterHub chart (.tgz) or its folder, in place of the upstream one",
    },
    iterable=["select"],
)
def validate(c: Any, select: list[str], json: bool = False, render: bool = True, jupyterhub_chart: str = "") -> None:
    """Find every mistake in the configuration. Needs no network, no cluster and no key."""
    from hubfleet import paths
    from hubfleet.validation.validate import inspect

    root = paths.repository()
    without: HubfleetError | None = None
    renderer: Renderer | None = None
    if render:
        try:
            renderer = renderer_of(root, jupyterhub_chart)
        except HubfleetError as error:
            without = error
    report = inspect(root, select, renderer=renderer)
    _show(report, as_json=json)
    if without is not None:
        say.error(
            HubfleetError(
                "the hubs were not rendered",
                where=without.what,
                evidence=without.evidence,
                next_step=f"{without.next_step}, or --no-render" if without.next_step else "--no-render leaves it out",
            )
        )
    if report.errors or without is not None:
        raise Exit(code=InvalidConfiguration.exit_code if report.errors else HubfleetError.exit_code)


def renderer_of(root: Path, chart: str = "") -> Renderer:
    """Renders hubs with the pinned helm.

    Raises:
        HubfleetError: helm is missing.
    """
    from pathlib import Path

    from hubfleet import paths
    from hubfleet.images import reference
    from hubfleet.toolchain import tool
    from hubfleet.tools.helm import Helm
    from hubfleet.validation.rendering import NoCluster, Renderer

    images = (lambda name: reference(root, name)) if (root / "images").is_dir() else None
    given = Path(chart).expanduser().resolve() if chart else None
    return Renderer(root, paths.cache(), Helm(tool("helm", root), NoCluster()), images, given)


def _show(report: Report, *, as_json: bool) -> None:
    from hubfleet.validation.report import annotation

    if as_json:
        say.data(report.as_data())
    else:
        for finding in report.findings:
            say.text(str(finding) if finding.severity == "error" else f"warning: {finding}")
    if say.in_github_actions():
        for finding in report.findings:
            say.info(annotation(finding))
    if report.errors:
        say.warn(report.summary())
    else:
        say.done(report.summary())
