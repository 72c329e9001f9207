"""A community's own file: mapped to values, and bounded."""

import pytest

from hubfleet.errors import InvalidConfiguration
from hubfleet.fleet.layers import lookup

FILE = "clusters/west/college.community.yaml"


def layer(tree, text):
    tree.file(FILE, text)
    return next(layer for layer in tree.resolve().layers if layer.kind == "community")


def findings(tree, text):
    tree.file(FILE, text)
    with pytest.raises(InvalidConfiguration) as caught:
        tree.resolve()
    return caught.value.findings


def test_everything_a_community_can_say(tree):
    values = layer(
        tree,
        """\
admins: [ada]
members: [ada, bob]
groups: [class-of-27]
image: quay.io/jupyter/scipy-notebook:2026-11-02
default_url: /rstudio
look:
  title: Our Hub
  logo: https://example.org/logo.png
  logo_link: https://example.org
  announcement: Closed on Friday
data_sources:
  - {name: Course, repository: "https://github.com/example/course.git", branch: v2}
links:
  - {name: Help, url: "https://example.org/help"}
""",
    ).values
    config = lookup(values, ("jupyterhub", "hub", "config"))
    assert config["Authenticator"] == {"admin_users": ["ada"], "allowed_users": ["ada", "bob"]}
    assert config["OAuthenticator"] == {"allowed_groups": ["class-of-27"]}
    assert lookup(values, ("jupyterhub", "singleuser", "image", "tag")) == "2026-11-02"
    assert lookup(values, ("jupyterhub", "singleuser", "defaultUrl")) == "/rstudio"
    identity = lookup(values, ("jupyterhub", "custom", "basehub", "identity"))
    assert (identity["displayName"], identity["announcement"]) == ("Our Hub", "Closed on Friday")
    assert (identity["logo"], identity["logoLink"]) == ("https://example.org/logo.png", "https://example.org")
    course, help_page = identity["links"]
    assert course["url"] == (
        "/hub/user-redirect/git-pull?repo=https%3A%2F%2Fgithub.com%2Fexample%2Fcourse.git"
        "&branch=v2&urlpath=lab%2Ftree%2Fcourse%2F"
    )
    assert help_page == {"name": "Help", "url": "https://example.org/help"}


def test_every_value_knows_its_line(tree):
    made = layer(tree, "admins: [ada]\nlook:\n  title: Our Hub\n")
    assert str(made.locate(("jupyterhub", "hub", "config", "Authenticator", "admin_users"))) == f"{FILE}:1"
    assert made.locate(("jupyterhub", "custom", "basehub", "identity", "displayName")).line == 3


SIZES = "sizes:\n  - {name: Small, memory: 1G, cpu: 1, description: enough}\n  - {name: Big, memory: 4G}\n"
IMAGES = 'images:\n  - {name: Python, image: "quay.io/j/py:1"}\n  - {name: R, image: "quay.io/j/r:1"}\n'


@pytest.mark.parametrize(("text", "override"), [(SIZES, "mem_limit"), (IMAGES, "image")])
def test_one_kind_of_choice_is_a_list_of_profiles(tree, text, override):
    first, second = lookup(layer(tree, text).values, ("jupyterhub", "singleuser", "profileList"))
    assert (first["default"], "default" in second) == (True, False)
    assert override in first["kubespawner_override"]


def test_memory_is_guaranteed(tree):
    first = lookup(layer(tree, SIZES).values, ("jupyterhub", "singleuser", "profileList"))[0]
    assert first["kubespawner_override"] == {"mem_guarantee": "1G", "mem_limit": "1G", "cpu_limit": 1}
    assert first["description"] == "enough"


def test_images_and_sizes_are_two_questions_of_one_profile(tree):
    (profile,) = lookup(layer(tree, IMAGES + SIZES).values, ("jupyterhub", "singleuser", "profileList"))
    choices = profile["profile_options"]["size"]["choices"]
    assert [each["display_name"] for each in choices.values()] == ["Small - enough", "Big"]
    images = profile["profile_options"]["image"]["choices"]
    assert [each["kubespawner_override"]["image"] for each in images.values()] == ["quay.io/j/py:1", "quay.io/j/r:1"]


def test_what_the_cluster_allows_bounds_what_a_community_asks_for(tree):
    tree.cluster["limits"] = {"memory": "2Gi", "cpu": "500m", "images": ["quay.io/jupyter/*"], "users": 1}
    found = findings(
        tree,
        "members: [ada, bob]\nimage: docker.io/x/y:1\nsizes:\n  - {name: A, memory: 2G, cpu: 0.5}\n"
        "  - {name: B, memory: 3G, cpu: 1}\n",
    )
    assert [(each.line, each.path) for each in found] == [
        (1, "members"),
        (2, "image"),
        (5, "sizes[1].cpu"),
        (5, "sizes[1].memory"),
    ]
    assert {each.rule for each in found} == {"limits"}


@pytest.mark.parametrize("access", ["public", "staff"])
def test_members_mean_nothing_on_a_hub_for_all_or_for_staff(tree, access):
    tree.hub["access"] = access
    (found,) = findings(tree, "members: [ada]\n")
    assert "access: members" in found.message


def test_nothing_else_of_the_hub_can_be_reached(tree):
    (found,) = findings(tree, "jupyterhub: {hub: {extraConfig: {a: b}}}\n")
    assert found.rule == "unknown-key"


def test_a_community_is_above_the_hub_and_below_an_override(tree):
    tree.hub["values"] = ["college.values.yaml"]
    tree.file("clusters/west/college.values.yaml", "jupyterhub: {singleuser: {defaultUrl: /tree}}\n")
    override = "reason: the exam needs it\nuntil: 2099-01-01\nvalues: {jupyterhub: {singleuser: {defaultUrl: /exam}}}\n"
    tree.file("clusters/west/college.override.values.yaml", override)
    tree.file(FILE, "default_url: /lab\n")
    origins = tree.resolve().origins("jupyterhub.singleuser.defaultUrl")
    kinds = [(each.layer.kind, each.effect) for each in origins]
    assert kinds == [
        ("use case", "overridden"),
        ("hub", "overridden"),
        ("community", "overridden"),
        ("override", "counts"),
    ]
