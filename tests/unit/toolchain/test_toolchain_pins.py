from pathlib import Path

import pytest

from hubfleet.errors import InvalidConfiguration
from hubfleet.toolchain import named
from hubfleet.toolchain.catalogue import JOBS, TOOLS
from hubfleet.toolchain.golang import check_sources
from hubfleet.toolchain.pins import go_requirement, is_right, numbers, pins, wanted

REPOSITORY = Path(__file__).parents[3]


def test_the_repository_pins_what_the_catalogue_wants_and_nothing_else():
    catalogue = {tool.pinned for tool in TOOLS if tool.pinned}
    built_in = {pin for tool in TOOLS if tool.sources for pin in tool.sources.requires.values()}
    assert set(pins(REPOSITORY)) == catalogue | built_in


def test_every_tool_has_a_version_rule_a_job_and_somewhere_to_come_from():
    for tool in TOOLS:
        assert bool(tool.pinned) != bool(tool.at_least), tool.name
        assert tool.jobs, tool.name
        assert set(tool.jobs) <= set(JOBS), tool.name
        assert tool.release or tool.module or tool.sources or tool.packages or tool.name == "go", tool.name


def test_addresses_of_releases_are_complete():
    words = {"version": "1.2.3", "os": "linux", "arch": "arm64"}
    for tool in TOOLS:
        if tool.release:
            for address in (tool.release.url, tool.release.checksum, *tool.release.members.values()):
                assert "{" not in address.format(**words)
            assert "1.2.3" in tool.release.url.format(**words)
            assert set(tool.release.members) in (set(), set(tool.programs))


def test_the_sources_build_what_fleet_yaml_pins():
    check_sources(named("kubernetes").sources, REPOSITORY)


def test_a_pin_that_go_mod_does_not_follow_is_refused(root):
    (root / "fleet.yaml").write_text("tools: {kubernetes: 1.36.0, etcd: 3.6.5}\n")
    with pytest.raises(InvalidConfiguration, match=r"pins kubernetes 1\.36\.0, but the sources build 1\.35\.4"):
        check_sources(named("kubernetes").sources, root)


def test_the_go_that_would_be_fetched_is_new_enough():
    file, version = go_requirement()
    assert numbers(version) >= numbers(named("go").at_least)
    assert file.read_text().count("--hash=sha256:") == 3


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "tools"),
        ("tools:\n", "NoneType"),
        ("tools: [helm]\n", "list"),
        ("tools: {helm: 1.30}\n", "1.3 is not a version"),
        ("tools: {helm: ../../etc}\n", "is not a version"),
        ("tools: {helm: 4.3.1 ; rm}\n", "is not a version"),
        ("tools: {helm: 4\n", "expected"),
        ("- tools\n", "list"),
    ],
)
def test_pins_that_can_not_be_used_are_explained(root, text, word):
    (root / "fleet.yaml").write_text(text)
    with pytest.raises(InvalidConfiguration) as trouble:
        pins(root)
    assert word in trouble.value.evidence
    assert trouble.value.where.endswith("fleet.yaml")


def test_a_tool_without_a_pin_is_named(root):
    with pytest.raises(InvalidConfiguration, match="pins no version of sops"):
        wanted(named("sops"), root)


def test_pinned_means_exactly_and_the_rest_means_at_least():
    assert is_right(named("helm"), "4.3.1", "4.3.1")
    assert not is_right(named("helm"), "4.3.2", "4.3.1")
    assert not is_right(named("helm"), "4.3.1-rc.1", "4.3.1")
    assert is_right(named("containerd"), "1.10.0", "1.6")
    assert not is_right(named("containerd"), "1.5.9", "1.6")
    assert not is_right(named("containerd"), "", "1.6")
