"""Images"""

from __future__ import annotations

from typing import Any

from hubfleet.cli.base import say, task

_SELECT = "an image: hub, proxy, user; repeatable; default: all"
_BASE = "public (an image registry) or packages (made here); default: what can be reached"
_JSON = "as JSON on standard output"


@task(help={"base": _BASE, "json": _JSON})
def image_base(c: Any, base: str = "", json: bool = False) -> None:
    """Get what the images stand on: a public image, or one made here of distribution packages."""
    from dataclasses import asdict

    from hubfleet import paths
    from hubfleet.images.delivery import make_base

    ready = make_base(paths.repository(), base, say.info)
    if json:
        say.data(asdict(ready))
    else:
        say.done(f"{ready.reference} ({ready.kind}), {ready.seconds:.0f} s")


@task(
    iterable=["select"],
    help={"select": _SELECT, "base": _BASE, "plan_only": "show what would be built, and change nothing", "json": _JSON},
)
def image_build(c: Any, select: list[str], base: str = "", plan_only: bool = False, json: bool = False) -> None:
    """Build the images whose content changed; each is named by its content and tested before it gets the name."""
    from hubfleet import paths
    from hubfleet.images.delivery import build_images, plan

    root = paths.repository()
    if plan_only:
        rows = [
            (name, reference, "there" if there else "to build")
            for name, reference, there in plan(root, select, base, say.info)
        ]
        if json:
            say.data({"images": [dict(zip(("name", "reference", "state"), row, strict=True)) for row in rows]})
        else:
            say.table("Images", ("image", "reference", "state"), rows)
        return
    built = build_images(root, select, base, say.info)
    if json:
        from dataclasses import asdict

        say.data({"images": [asdict(image) for image in built]})
        return
    lines = [
        (each.name, each.reference, f"{each.size / 1e6:.0f} MB", "built" if each.new else "there") for each in built
    ]
    say.table("Images", ("image", "reference", "size", "state"), lines)
    say.done(f"{sum(each.new for each in built)} built, {sum(not each.new for each in built)} there already")


@task(iterable=["select"], help={"select": _SELECT, "json": _JSON})
def image_load(c: Any, select: list[str], json: bool = False) -> None:
    """Put the images on the local cluster's node: those that it lacks, built where they must be."""
    from dataclasses import asdict

    from hubfleet import localcluster, paths
    from hubfleet.images.delivery import load_images
    from hubfleet.localcluster.settings import load, location

    settings = load(location())
    if settings is not None and not settings.real:
        say.done("the local cluster's nodes are simulated: they need no images")
        return
    loaded = load_images(paths.repository(), select, localcluster, say.info)
    if json:
        say.data({"images": [asdict(image) for image in loaded]})
        return
    new = sum(image.new for image in loaded)
    say.done(f"{new} loaded, {len(loaded) - new} there already: {', '.join(image.reference for image in loaded)}")
