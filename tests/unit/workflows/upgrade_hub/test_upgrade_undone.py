"""What becomes of the files when a deploy fails, is interrupted, or the whole program is killed.

The deploy itself is a stand-in here that ends as a test wants; tests/e2e/test_upgrade_hub.py has the real one.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from hubfleet.errors import HubfleetError, Interrupted
from hubfleet.runs import start
from hubfleet.workflows import deploy
from hubfleet.workflows.deploy import Deployed, Options
from hubfleet.workflows.upgrade_hub import Plan, UpgradeFailed, plan, request_of, upgrade_hub
from hubfleet.workflows.upgrade_hub.pending import Pending
from tests.unit.fleet.conftest import Tree

OLD = "jupyterhub:\n  singleuser: {image: {name: notebook, tag: '1'}}  # ours\n"
NEW = OLD.replace("'1'", "'2'")
DONE = Deployed("upgrade", "changed", 2, "http://college/")
VALUES = "clusters/west/college.values.yaml"


class Killed(SystemExit):
    """Stands for the end of the process: nothing of ours runs after it."""


class Place:
    def __init__(self, tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tree = tree
        self.root = tree.root
        self.file = tree.file(VALUES, OLD)
        tree.hub["values"] = ["college.values.yaml"]
        tree.load()
        self.seen: list[str] = []
        self.ends: Callable[[], Deployed] = lambda: DONE
        monkeypatch.setattr(deploy, "prepare", self._prepare)
        monkeypatch.setattr(deploy, "deploy_hub", lambda *_: self._deploy())

    def _prepare(self, root: Path, cluster: str, hub: str) -> SimpleNamespace:
        active = SimpleNamespace(state="active")
        return SimpleNamespace(subject=f"{cluster}/{hub}", hub=active, digest=(root / VALUES).read_text())

    def _deploy(self) -> Deployed:
        self.seen.append(self.file.read_text())
        return self.ends()

    def plan(self, tag: str = "2") -> Plan:
        return plan(self.root, "west", "college", request_of("", [f"notebook={tag}"]))

    def upgrade(self, tag: str = "2") -> Deployed:
        run = start(self.root, "upgrade-hub", "west/college")
        return upgrade_hub(run, self.root, self.plan(tag), Options())

    @property
    def pending(self) -> bool:
        return Pending(self.root, "west/college", "").file.exists()


def raising(trouble: BaseException) -> Callable[[], Deployed]:
    def ends() -> Deployed:
        raise trouble

    return ends


@pytest.fixture
def place(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(tree, monkeypatch)


def test_done(place: Place) -> None:
    assert place.upgrade() is DONE
    assert place.seen == [NEW], "the pin was there before the deploy"
    assert place.file.read_text() == NEW
    assert not place.pending


@pytest.mark.parametrize("trouble", [HubfleetError("no luck", where="pod", next_step="look"), Interrupted("stopped")])
def test_failed_deploy_takes_the_pin_back_and_says_so(place: Place, trouble: HubfleetError) -> None:
    place.ends = raising(trouble)

    with pytest.raises(UpgradeFailed) as caught:
        place.upgrade()
    assert (caught.value.what, caught.value.exit_code) == (trouble.what, trouble.exit_code)
    assert f"{VALUES} is as before" in caught.value.where
    assert place.file.read_text() == OLD
    assert not place.pending


def test_ctrl_c_takes_the_pin_back(place: Place) -> None:
    place.ends = raising(KeyboardInterrupt())

    with pytest.raises(KeyboardInterrupt):
        place.upgrade()
    assert place.file.read_text() == OLD


def test_what_somebody_edited_meanwhile_is_left_and_said(place: Place) -> None:
    newer = NEW + "# theirs\n"

    def ends() -> Deployed:
        place.file.write_text(newer)
        raise HubfleetError("no luck")

    place.ends = ends
    with pytest.raises(UpgradeFailed) as caught:
        place.upgrade()
    assert "still has the new pin: somebody edited it meanwhile" in caught.value.where
    assert place.file.read_text() == newer


def test_killed_and_given_again_goes_on_and_still_knows_the_way_back(place: Place) -> None:
    place.ends = raising(Killed())
    with pytest.raises(Killed):
        place.upgrade()
    assert place.file.read_text() == NEW
    assert place.pending

    place.ends = raising(HubfleetError("no luck"))
    assert place.plan().pins == (), "the file says so already"
    with pytest.raises(UpgradeFailed):
        place.upgrade()
    assert place.file.read_text() == OLD

    place.ends = lambda: DONE
    place.upgrade()
    assert place.file.read_text() == NEW


def test_killed_and_another_one_asked_for_starts_from_the_files_as_they_are(place: Place) -> None:
    place.ends = raising(Killed())
    with pytest.raises(Killed):
        place.upgrade()

    place.ends = raising(HubfleetError("no luck"))
    with pytest.raises(UpgradeFailed):
        place.upgrade("3")
    assert place.file.read_text() == NEW


def test_file_that_would_not_be_valid_is_never_written(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def prepare(root: Path, *_: str) -> None:
        assert root != place.root
        raise HubfleetError("no chart")

    monkeypatch.setattr(deploy, "prepare", prepare)
    with pytest.raises(HubfleetError, match="no chart"):
        place.upgrade()
    assert place.file.read_text() == OLD
    assert not place.pending


def test_way_back_that_can_not_be_kept_stops_it(place: Place) -> None:
    (place.root / ".hubfleet").mkdir(exist_ok=True)
    (place.root / ".hubfleet/pending").write_text("in the way")

    with pytest.raises(HubfleetError, match="the way back can not be kept"):
        place.upgrade()
    assert place.file.read_text() == OLD
    assert place.seen == []
