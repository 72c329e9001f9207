"""What Azure's libraries raise, as our errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hubfleet.clouds.interface import LoginNeeded, Missing, Unanswered
from hubfleet.errors import HubfleetError, Refused

_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _BUSY, _SERVER_ERROR = 401, 403, 404, 429, 500
_ELSEWHERE = ("SubscriptionNotFound", "InvalidSubscriptionId", "InvalidAuthenticationTokenTenant")


@contextmanager
def errors(doing: str, where: str, login: str) -> Iterator[None]:
    """Turn what Azure's libraries raise into our errors.

    Args:
        doing: what is being done, for the message: `read the cluster`.
        where: subscription, resource group and cluster.
        login: the command that logs in.

    Raises:
        LoginNeeded, Refused, Missing, Unanswered, HubfleetError: as the name says.
    """
    from azure.core import exceptions as azure

    try:
        yield
    except azure.ClientAuthenticationError as trouble:  # also what azure-identity raises when nobody is logged in
        if _code(trouble) in _ELSEWHERE:
            raise _elsewhere(trouble, where, login) from trouble
        raise LoginNeeded(
            "nobody is logged in to Azure, or the login has expired",
            where=where,
            evidence=short(str(trouble.message)),
            next_step=login,
        ) from trouble
    except azure.HttpResponseError as trouble:
        raise _ours(trouble, doing, where, login) from trouble
    except (azure.ServiceRequestError, azure.ServiceResponseError) as trouble:
        raise Unanswered(f"Azure did not {doing}", where=where, evidence=str(trouble.message)) from trouble
    except azure.AzureError as trouble:
        raise HubfleetError(f"could not {doing}", where=where, evidence=str(trouble.message)) from trouble


def short(words: str) -> str:
    """What azure-identity says, without its advice: a line for each way to log in that it tried."""
    tried = [line.strip().partition(" Visit ")[0] for line in words.splitlines() if line.startswith("\t")]
    return "\n".join(tried) or words


def _ours(trouble: Any, doing: str, where: str, login: str) -> HubfleetError:
    words = str(trouble.message)
    status = int(trouble.status_code or 0)
    if _code(trouble) in _ELSEWHERE:
        return _elsewhere(trouble, where, login)
    if status == _UNAUTHORIZED:
        return LoginNeeded("Azure does not accept the login", where=where, evidence=words, next_step=login)
    if status == _FORBIDDEN:
        next_step = "ask for the rights in docs/cloud-accounts.md"
        return Refused(f"Azure does not allow us to {doing}", where=where, evidence=words, next_step=next_step)
    if status == _NOT_FOUND:
        return Missing(f"Azure found nothing when asked to {doing}", where=where, evidence=words)
    if status == _BUSY or status >= _SERVER_ERROR:
        after = str(trouble.response.headers.get("Retry-After", "")) if trouble.response else ""
        wait = float(after) if after.isdigit() else None
        return Unanswered(f"Azure did not {doing}", where=where, evidence=words, retry_after=wait)
    return HubfleetError(f"Azure refused to {doing}", where=where, evidence=words)


def _code(trouble: Any) -> str:
    return str(getattr(getattr(trouble, "error", None), "code", "") or "")


def _elsewhere(trouble: Any, where: str, login: str) -> Refused:
    return Refused(
        "these credentials do not reach the subscription",
        where=where,
        evidence=str(trouble.message),
        next_step=login,
    )
