"""Who we are on AWS, through boto3: its own chain of profiles, keys, roles and single sign-on."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hubfleet.clouds.aws.errors import errors
from hubfleet.clouds.credential import Token
from hubfleet.clouds.interface import Identity, LoginNeeded
from hubfleet.errors import Refused
from hubfleet.masking import hide

# What boto3's chain reads: https://docs.aws.amazon.com/boto3/latest/guide/configuration.html#using-environment-variables
ENVIRONMENT = (
    "AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
    "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_EC2_METADATA_DISABLED", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE",
)  # fmt: skip
_EXPLICIT = ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE")
# EKS takes a token for 15 minutes; the signed request inside is good for 60 s more than it needs to be.
# https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html
_LIFE = timedelta(minutes=14)
_SIGNED_SECONDS = 60


def environment(profile: str = "") -> dict[str, str]:
    """What of this process's environment the credential plugin needs; with the profile that was chosen."""
    found = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
    return found | ({"AWS_PROFILE": profile} if profile else {})


def session(account: str, region: str) -> Any:
    """A boto3 session for this account; empty: whichever boto3 itself finds.

    Where the environment names no profile and no key, a profile of `~/.aws/config` that is for this account is taken:
    several accounts can then be worked on at once.

    Raises:
        LoginNeeded: the profile does not exist.
    """
    import boto3

    with errors("read the profile", f"account {account}", login=lambda: command(account)):
        profile = chosen(account)
        return boto3.Session(profile_name=profile or None, region_name=region)


def chosen(account: str) -> str:
    """The profile to take for an account; empty where boto3's own chain decides."""
    if not account or any(os.environ.get(name) for name in _EXPLICIT):
        return ""
    import botocore.session

    return profile_of(account, botocore.session.Session().full_config.get("profiles", {}))


def profile_of(account: str, profiles: Mapping[str, Mapping[str, Any]]) -> str:
    """The one profile whose single sign-on or role is in this account; empty where none or several are."""
    fitting = [
        name
        for name, each in profiles.items()
        if str(each.get("sso_account_id", "")) == account or f"::{account}:role/" in str(each.get("role_arn", ""))
    ]
    return fitting[0] if len(fitting) == 1 else ""


def command(account: str) -> str:
    """The command that logs in."""
    profile = os.environ.get("AWS_PROFILE") or chosen(account)
    if profile:
        return f"aws sso login --profile {profile}"
    if not account:
        return "aws sso login, or set AWS_PROFILE"
    return f"aws configure sso (account {account}), then aws sso login --profile THAT_PROFILE"


def identity(session: Any, account: str) -> Identity:
    """Who these credentials are, of whatever account where none is meant.

    Raises:
        LoginNeeded: nobody, or expired.
    """
    where = f"account {account}" if account else "AWS"
    with errors("say who we are", where, login=lambda: command(account)):
        found = session.client("sts", config=config()).get_caller_identity()
    return Identity(str(found["Arn"]), str(found["Account"]))


def check(session: Any, account: str) -> Identity:
    """Who these credentials are, if they are for this account.

    Raises:
        LoginNeeded: nobody, or expired. Refused: another account.
    """
    found = identity(session, account)
    if found.place != account:
        raise Refused(
            f"these credentials are for the AWS account {found.place}, not for {account}",
            where=found.principal,
            next_step=f"unset AWS_PROFILE and AWS_ACCESS_KEY_ID, or: {command(account)}",
        )
    return found


def config() -> Any:
    """How boto3 asks: bounded, and again where AWS is busy."""
    from botocore.config import Config

    return Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 5})


def token(place: Mapping[str, str]) -> Token:
    """A token for one EKS cluster: a signed request to STS that the cluster sends off to learn who we are.

    Args:
        place: `account`, `region`, `cluster`.
    """
    account, region = place["account"], place["region"]
    found = session(account, region)
    with errors("make a token", f"cluster {place['cluster']}", login=lambda: command(account)):
        credentials = found.get_credentials()
        if credentials is None:
            raise LoginNeeded("nobody is logged in to AWS", where=f"account {account}", next_step=command(account))
        url = _signed(found, region, place["cluster"])
    value = encoded(url)
    hide(value)
    return Token(value, datetime.now(UTC) + _LIFE)


def encoded(url: str) -> str:
    """The token that stands for a signed request, as EKS reads it."""
    return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def _signed(session: Any, region: str, cluster: str) -> str:
    """The signed address. The cluster's name is signed too: a token opens no other cluster."""
    from botocore.signers import RequestSigner

    client = session.client("sts", region_name=region, config=config())
    events, model = client.meta.events, client.meta.service_model
    signer = RequestSigner(model.service_id, region, "sts", "v4", session.get_credentials(), events)
    request = {
        "method": "GET", "url": f"{client.meta.endpoint_url}/?Action=GetCallerIdentity&Version=2011-06-15",
        "body": {}, "headers": {"x-k8s-aws-id": cluster}, "context": {},
    }  # fmt: skip
    signed: str = signer.generate_presigned_url(
        request, region_name=region, expires_in=_SIGNED_SECONDS, operation_name=""
    )
    return signed
