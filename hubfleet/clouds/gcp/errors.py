"""What Google's libraries raise, as our errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hubfleet.clouds.gcp import library
from hubfleet.clouds.gcp.login import LOGIN, said
from hubfleet.clouds.interface import LoginNeeded, Missing, Unanswered
from hubfleet.errors import HubfleetError, Refused

# gRPC wraps a failed login as UNAVAILABLE, with these words in front.
_PLUGIN = "Getting metadata from plugin failed"


@contextmanager
def errors(doing: str, where: str) -> Iterator[None]:
    """Turn what Google's libraries raise into our errors.

    Args:
        doing: what is being done, for the message: `read the cluster`.
        where: project, location and cluster.

    Raises:
        LoginNeeded, Refused, Missing, Unanswered, HubfleetError: as the name says.
    """
    library.load()
    from google.api_core import exceptions as api
    from google.auth import exceptions as auth

    try:
        yield
    except auth.RefreshError as trouble:
        raise LoginNeeded("the login to Google Cloud has expired", evidence=said(trouble), next_step=LOGIN) from trouble
    except auth.TransportError as trouble:
        raise Unanswered("Google Cloud does not answer", where=where, evidence=str(trouble)) from trouble
    except api.RetryError as trouble:
        raise _ours(trouble.cause or trouble, doing, where) from trouble
    except api.GoogleAPICallError as trouble:
        raise _ours(trouble, doing, where) from trouble


def _ours(trouble: Any, doing: str, where: str) -> HubfleetError:
    from google.api_core import exceptions as api

    words = str(getattr(trouble, "message", trouble))
    if isinstance(trouble, api.Unauthenticated) or _PLUGIN in words:
        return LoginNeeded("Google Cloud does not accept the login", where=where, evidence=words, next_step=LOGIN)
    if isinstance(trouble, api.Forbidden):
        return Refused(
            f"Google Cloud does not allow us to {doing}",
            where=where,
            evidence=words,
            next_step=f"{LOGIN} with an account that may, or ask for the rights in docs/cloud-accounts.md",
        )
    if isinstance(trouble, api.NotFound):
        return Missing(f"Google Cloud found nothing when asked to {doing}", where=where, evidence=words)
    if isinstance(trouble, (api.ServerError, api.TooManyRequests)):
        return Unanswered(
            f"Google Cloud did not {doing}", where=where, evidence=words, retry_after=_retry_after(trouble)
        )
    return HubfleetError(f"Google Cloud refused to {doing}", where=where, evidence=words)


def _retry_after(trouble: Any) -> float | None:
    """Seconds to wait, from the error's RetryInfo (https://cloud.google.com/apis/design/errors#error_info)."""
    for detail in getattr(trouble, "details", ()) or ():
        delay = getattr(detail, "retry_delay", None)
        if delay is not None:
            return float(delay.seconds) + float(delay.nanos) / 1e9
    return None
