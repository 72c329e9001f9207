from __future__ import annotations

from pathlib import Path

import pytest

from hubfleet.errors import HubfleetError, WrongUsage
from hubfleet.localcluster.settings import Real, Settings, Simulated, adjusted, free_ranges, load, save, write


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    kept = Settings(tmp_path / "local", kind="simulated", count=7, port=7443)
    save(kept)
    assert load(kept.folder) == kept
    assert (kept.folder / "settings.json").stat().st_mode & 0o777 == 0o600
    assert load(tmp_path / "nowhere") is None


def test_a_key_of_a_later_version_does_no_harm(tmp_path: Path) -> None:
    write(tmp_path / "settings.json", '{"port": 7000, "from_the_future": 1}')
    assert load(tmp_path) == Settings(tmp_path, port=7000)


def test_damaged_settings_are_an_error_that_names_the_file(tmp_path: Path) -> None:
    write(tmp_path / "settings.json", "{")
    with pytest.raises(HubfleetError) as caught:
        load(tmp_path)
    assert caught.value.where == str(tmp_path / "settings.json")


def test_addresses_follow_from_the_ranges(tmp_path: Path) -> None:
    settings = Settings(tmp_path, pods="10.215.0.0/16", services="10.216.0.0/16")
    assert (settings.node_address, settings.dns_address) == ("10.215.0.1", "10.216.0.10")


def test_a_socket_has_room_for_its_name(tmp_path: Path) -> None:
    assert len(str(Settings(tmp_path / ("long" * 60)).socket)) < 108  # unix(7)


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ([], "10.213.0.0/16"),
        (["192.168.1.0/24", "172.17.0.0/16"], "10.213.0.0/16"),
        (["10.213.7.0/24"], "10.215.0.0/16"),
        (["10.214.0.0/16", "10.216.1.1/32"], "10.217.0.0/16"),
    ],
)
def test_ranges_avoid_what_the_machine_reaches_already(routes: list[str], expected: str, tmp_path: Path) -> None:
    assert free_ranges(routes, tmp_path)[0] == expected


def test_a_machine_that_routes_everything_has_no_free_range(tmp_path: Path) -> None:
    with pytest.raises(HubfleetError, match="no free address range"):
        free_ranges(["10.0.0.0/8"], tmp_path)


def test_nodes_and_port_may_change_but_not_the_kind(tmp_path: Path) -> None:
    real, simulated = Settings(tmp_path), Settings(tmp_path, kind="simulated", count=3)
    assert adjusted(real, None, 0) == real
    assert adjusted(real, Real(), 7443).port == 7443
    assert adjusted(simulated, Simulated(9), 0).count == 9
    assert adjusted(simulated, None, 0).count == 3
    with pytest.raises(WrongUsage, match="has real nodes"):
        adjusted(real, Simulated(3), 0)
    with pytest.raises(WrongUsage, match="has simulated nodes"):
        adjusted(simulated, Real(), 0)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "a/b.json"
    write(file, "one")
    with pytest.raises(UnicodeEncodeError):
        write(file, "two \udc80")
    assert file.read_text() == "one"
