"""What boto3 raises, as our errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hubfleet.clouds.interface import LoginNeeded, Missing, Unanswered
from hubfleet.errors import HubfleetError, Refused

_EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired")
_UNKNOWN = (
    "InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "SignatureDoesNotMatch",
    "InvalidAccessKeyId", "UnauthorizedException",
)  # fmt: skip
_FORBIDDEN = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Forbidden", "OptInRequired", "403")
_MISSING = ("ResourceNotFoundException", "NotFoundException", "NoSuchBucket", "NoSuchEntity", "404")
_BUSY = (
    "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException", "SlowDown",
    "ServiceUnavailable", "ServiceUnavailableException", "InternalFailure", "InternalError", "ServerException",
)  # fmt: skip
_SERVER_ERROR = 500


@contextmanager
def errors(doing: str, where: str, *, login: Callable[[], str] = lambda: "aws sso login") -> Iterator[None]:
    """Turn what boto3 raises into our errors.

    Args:
        doing: what is being done, for the message: `read the cluster`.
        where: account, region and cluster.
        login: gives the command that logs in.

    Raises:
        LoginNeeded, Refused, Missing, Unanswered, HubfleetError: as the name says.
    """
    from botocore import exceptions as boto

    nobody = (
        boto.NoCredentialsError, boto.PartialCredentialsError, boto.CredentialRetrievalError, boto.TokenRetrievalError,
        boto.SSOError, boto.ProfileNotFound,
    )  # fmt: skip
    try:
        yield
    except boto.ClientError as trouble:
        raise _ours(trouble, doing, where, login) from trouble
    except nobody as trouble:
        raise LoginNeeded(
            "nobody is logged in to AWS, or the login has expired",
            where=where,
            evidence=str(trouble),
            next_step=login(),
        ) from trouble
    except (boto.HTTPClientError, boto.ConnectionError) as trouble:
        raise Unanswered(f"AWS did not {doing}", where=where, evidence=str(trouble)) from trouble
    except boto.BotoCoreError as trouble:
        raise HubfleetError(f"could not {doing}", where=where, evidence=str(trouble)) from trouble


def _ours(trouble: Any, doing: str, where: str, login: Callable[[], str]) -> HubfleetError:
    code = str(trouble.response.get("Error", {}).get("Code", ""))
    metadata = trouble.response.get("ResponseMetadata", {})
    words = str(trouble)
    if code in _EXPIRED:
        return LoginNeeded("the login to AWS has expired", where=where, evidence=words, next_step=login())
    if code in _UNKNOWN:
        return LoginNeeded("AWS does not accept the login", where=where, evidence=words, next_step=login())
    if code in _FORBIDDEN:
        return Refused(
            f"AWS does not allow us to {doing}",
            where=where,
            evidence=words,
            next_step="ask for the rights in docs/cloud-accounts.md",
        )
    if code in _MISSING:
        return Missing(f"AWS found nothing when asked to {doing}", where=where, evidence=words)
    if code in _BUSY or int(metadata.get("HTTPStatusCode", 0)) >= _SERVER_ERROR:
        after = str(metadata.get("HTTPHeaders", {}).get("retry-after", ""))
        wait = float(after) if after.isdigit() else None
        return Unanswered(f"AWS did not {doing}", where=where, evidence=words, retry_after=wait)
    return HubfleetError(f"AWS refused to {doing}", where=where, evidence=words)
