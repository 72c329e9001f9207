"""The hub as a user meets it: start a server, run a notebook, find the file again, leave no trace."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from hubfleet.errors import HubfleetError
from hubfleet.tools.jupyterhub import HubApi, HubRefused, HubUnreachable
from hubfleet.tools.notebook import Cell, KernelSilent, NotebookFailed, UserServer
from hubfleet.workflows.checks.abandoned import LEAVE_NO_TRACE, MAKE_USER
from hubfleet.workflows.checks.cells import Task
from hubfleet.workflows.checks.deadline import Deadline
from hubfleet.workflows.checks.result import CheckFailed, Saying, Steps
from hubfleet.workflows.checks.starting import Starting, is_scale_up
from hubfleet.workflows.checks.temporary import Cleaner

_FIRST_KERNEL_SECONDS = 20.0
_KNOWN = "ipykernel 7.0 to 7.3 loses a request now and then; users' images want 7.4 or newer"


@dataclass(frozen=True)
class UserDeadlines:
    """Seconds that each part may take.

    Args:
        start: until the server is ready; long enough for a node to be added and an image to be pulled.
        cell: until a kernel answers, and each cell has ended.
        clean: until nothing is left.
    """

    start: float = 600.0
    cell: float = 60.0
    clean: float = 120.0


@dataclass
class UserCheck:
    """One full check of one hub.

    Args:
        steps: where it is written down.
        api: the hub's.
        cleaner: removes the temporary user.
        name: of the temporary user.
        profile: which of the hub's profiles to start; empty: the hub's default.
        restart: start the server a second time and look whether the file is still there.
        deadlines: how long each part may take.
        messages: what the spawner said; filled while it runs, evidence for the dossier.
    """

    steps: Steps
    api: HubApi
    cleaner: Cleaner
    name: str
    profile: str = ""
    restart: bool = False
    deadlines: UserDeadlines = field(default_factory=UserDeadlines)
    messages: list[str] = field(default_factory=list)

    def sweep(self, abandoned: Collection[str] = ()) -> None:
        """Remove what earlier checks left that were killed. A failure here says nothing about the hub.

        Args:
            abandoned: temporary users whose checks have certainly ended.
        """
        with self.steps.step("remove leftovers of earlier checks") as say:
            try:
                count = self.cleaner.sweep(self.api, Deadline.within(self.deadlines.clean), abandoned)
                say(f"{count} temporary {'user' if count == 1 else 'users'} removed" if count else "none")
            except HubfleetError as trouble:
                say(f"not all could be removed: {trouble.what}")

    def work(self) -> None:
        """Start, run, read back, remove the file. `clean` must follow, whatever happens here.

        Raises:
            CheckFailed: a healthy hub does not do this.
        """
        task = Task.for_user(self.name)
        with self.steps.step(MAKE_USER) as say:
            self.steps.run.record("result", MAKE_USER, value=self.name)  # before there is anything to leave behind
            self._make_user()
            say(self.name)
        self._start("start a server")
        server = UserServer(self.api.server_url(self.name), self.api.token, timeout=self.deadlines.cell)
        with self.steps.step("run a notebook cell") as say:
            path = task.judge_computed(self._printed(server, task.compute, say))
            say("computed, and wrote to the home directory")
        with self.steps.step("read the file back") as say:
            say(self._read(server, task, path, say))
        if self.restart:
            self._again(server, task)
        with self.steps.step("remove the file") as say:
            say(self._printed(server, task.remove, say).strip())

    def clean(self) -> None:
        """Stop the server, delete the user and the home volume: also after a failure or an interruption."""
        with self.steps.step(LEAVE_NO_TRACE) as say:
            self.cleaner.remove(self.api, self.name, Deadline.within(self.deadlines.clean))
            say("server, user and home volume are gone")

    def _make_user(self) -> None:
        try:
            self.api.create_user(self.name)
        except (HubRefused, HubUnreachable) as trouble:
            raise CheckFailed(
                trouble.what, "user-refused", where=trouble.where, evidence=trouble.evidence,
                next_step="the service hubfleet-check needs the scopes admin:users, admin:servers and access:servers, "
                "and the authenticator's username_pattern must allow hubfleet-check-0123abcd",
            ) from trouble  # fmt: skip

    def _start(self, what: str) -> None:
        with self.steps.step(what) as say:
            try:
                starting = Starting(self.messages, say)
                self.api.start_server(self.name, {"profile": self.profile} if self.profile else {})
                for event in self.api.progress(self.name, timeout=self.deadlines.start):
                    starting.hear(event)
            except (HubRefused, HubUnreachable) as trouble:
                said = "\n".join([trouble.evidence, *self.messages[-3:]]).strip()
                raise CheckFailed(trouble.what, "spawn-failed", where=trouble.where, evidence=said) from trouble
            say("ready; a node was added for it" if self._scaled() else "ready")

    def _scaled(self) -> bool:
        return any(is_scale_up(message) for message in self.messages)

    def _read(self, server: UserServer, task: Task, path: str, say: Saying) -> str:
        """The file by way of the contents API, as the file browser does, and its bytes by a second kernel."""
        if path:
            text = self._through_contents(server, path)
            if text != task.text:
                shown = "no such file" if text is None else text[:200]
                raise CheckFailed("the file browser shows another file than was written", "wrong-file", evidence=shown)
        task.judge_bytes(self._printed(server, task.read, say))
        return "the same, in the file browser and in a second kernel" if path else "the same, in a second kernel"

    def _again(self, server: UserServer, task: Task) -> None:
        with self.steps.step("stop the server"):
            self._stop()
        self._start("start it again")
        with self.steps.step("the file is still there") as say:
            task.judge_bytes(self._printed(server, task.read, say))
            say("the same bytes after a restart")

    def _stop(self) -> None:
        try:
            self.api.stop_server(self.name, timeout=self.deadlines.clean)
        except (HubRefused, HubUnreachable) as trouble:
            raise CheckFailed(trouble.what, "stop-failed", evidence=trouble.evidence) from trouble

    def _through_contents(self, server: UserServer, path: str) -> str | None:
        try:
            return server.read_text(path)
        except NotebookFailed as trouble:
            raise _failed(trouble) from trouble

    def _printed(self, server: UserServer, code: str, say: Saying) -> str:
        """What a cell prints in a kernel of its own. Run again it does the same, so a silent kernel gets a successor.

        With ipykernel 7.0 to 7.3 about one kernel in a hundred does not see its first request; people restart it. 7.4
        mends it (https://github.com/ipython/ipykernel/issues/1554). Here: 2 of 250 with 7.3, 0 of 750 with 7.4.
        """
        try:
            try:
                cell = _run(server, code, min(_FIRST_KERNEL_SECONDS, self.deadlines.cell))
            except KernelSilent as trouble:
                self._note(f"{trouble.what}: another kernel is tried ({_KNOWN})", say)
                cell = _run(server, code, self.deadlines.cell)
        except NotebookFailed as trouble:
            raise _failed(trouble) from trouble
        if cell.error:
            self.messages.append(cell.error)
            raise CheckFailed(f"the cell raised {cell.error}", "cell-raised")
        return cell.printed

    def _note(self, text: str, say: Saying) -> None:
        self.messages.append(text)
        say(text)


def _run(server: UserServer, code: str, seconds: float) -> Cell:
    with server.kernel() as kernel:
        return kernel.run(code, timeout=seconds)


def _failed(trouble: NotebookFailed) -> CheckFailed:
    return CheckFailed(
        trouble.what, "notebook-failed", where=trouble.where, evidence=trouble.evidence, next_step=trouble.next_step
    )
