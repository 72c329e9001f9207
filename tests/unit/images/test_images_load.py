"""Images go to the nodes once, all in one stream, and are looked for afterwards."""

import signal
from pathlib import Path

import pytest

from hubfleet.errors import HubfleetError, Interrupted
from hubfleet.images import delivery, source
from hubfleet.images.load import load
from hubfleet.process import Completed, ProcessFailed

ROOT = Path(__file__).parents[3]
HUB, USER = "hubfleet.local/hub:1", "hubfleet.local/user:1"


class Nodes:
    """A node that believes what the stream says of itself; `fails` is raised after reading so many bytes."""

    def __init__(self, *there, fails=None, forgets=False):
        self.there, self.streams, self._fails, self._forgets = list(there), [], fails, forgets

    def images(self):
        return tuple(self.there)

    def import_images(self, archive):
        with archive.open("rb") as stream:
            if self._fails:
                raise self._fails
            self.streams.append(stream.read().decode())
        if not self._forgets:
            self.there += self.streams[-1].removeprefix("archive of ").split()


@pytest.fixture(autouse=True)
def _built(programs):
    for reference in (HUB, USER):
        programs.images[reference] = {"Id": reference, "Size": 10, "Config": {}}


def test_what_is_lacking_goes_in_one_stream(docker, programs, said):
    nodes = Nodes()
    loaded = load([HUB, USER], nodes, docker, said.append)
    assert [(each.reference, each.new) for each in loaded] == [(HUB, True), (USER, True)]
    assert nodes.streams == [f"archive of {HUB} {USER}"]


def test_what_is_there_is_left_alone(docker, programs, said):
    nodes = Nodes(HUB)
    assert [each.new for each in load([HUB, USER], nodes, docker, said.append)] == [False, True]
    assert nodes.streams == [f"archive of {USER}"]
    before = len(programs.calls)
    load([HUB, USER], nodes, docker, said.append)
    assert len(programs.calls) == before


def test_an_image_that_docker_lacks_is_told_and_nothing_is_sent(docker, programs, said):
    nodes = Nodes()
    with pytest.raises(HubfleetError, match="docker does not have hubfleet") as caught:
        load([HUB, "hubfleet.local/x:1"], nodes, docker, said.append)
    assert caught.value.next_step == "./inv image-build"
    assert nodes.streams == []


def test_an_import_that_did_nothing_is_not_believed(docker, said):
    with pytest.raises(HubfleetError, match="does not list hubfleet"):
        load([HUB], Nodes(forgets=True), docker, said.append)


def test_when_the_node_refuses_dockers_broken_pipe_is_not_the_reason(docker, programs, said):
    broken = Completed(("docker", "save"), -signal.SIGPIPE, "", "", 0.1)

    def save(words, options):
        raise ProcessFailed("docker was ended by SIGPIPE", broken)

    programs._save = save
    with pytest.raises(HubfleetError, match="no space on the node"):
        load([HUB], Nodes(fails=HubfleetError("no space on the node")), docker, said.append)


def test_when_docker_fails_that_is_the_reason(docker, programs, said):
    programs.fails["save"] = (1, "layer is damaged")
    nodes = Nodes(fails=HubfleetError("unexpected end of the archive"))
    with pytest.raises(ProcessFailed) as caught:
        load([HUB], nodes, docker, said.append)
    assert "layer is damaged" in caught.value.evidence


def test_a_failure_of_docker_counts_also_where_the_node_noticed_nothing(docker, programs, said):
    programs.fails["save"] = (1, "layer is damaged")
    with pytest.raises(ProcessFailed, match="exit code 1"):
        load([HUB], Nodes(), docker, said.append)


def test_an_interruption_comes_out_as_one(docker, said):
    with pytest.raises(Interrupted):
        load([HUB], Nodes(fails=Interrupted("interrupted")), docker, said.append)


def test_nodes_that_have_everything_need_no_build():
    wanted = [source.reference(ROOT, name) for name in ("hub", "proxy", "user")]
    assert delivery.on_nodes(ROOT, Nodes(*wanted))
    assert not delivery.on_nodes(ROOT, Nodes(*wanted[1:]))


def test_nodes_that_do_not_run_have_nothing():
    class Down(Nodes):
        def images(self):
            raise HubfleetError("the local cluster does not run")

    assert not delivery.on_nodes(ROOT, Down())
