"""One execution of a workflow: its id, journal, locks and report."""
