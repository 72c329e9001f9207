"""One execution of a workflow: its id, journal, locks and report."""

from hubfleet.runs.events import Event
from hubfleet.runs.run import Run, Step, resume_or_start, start

__all__ = ["Event", "Run", "Step", "resume_or_start", "start"]
