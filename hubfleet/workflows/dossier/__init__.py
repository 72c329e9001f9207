"""Why a hub does not do what it should: facts from Kubernetes, the probable cause, the next command."""

from hubfleet.workflows.dossier.collect import Dossier, collect

__all__ = ["Dossier", "collect"]
