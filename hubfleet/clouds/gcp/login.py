"""Who we are on Google Cloud: application default credentials, read and refreshed by google-auth.

`gcloud` is needed once, to log in; a service account's key, workload identity federation (CI) and the metadata server
need it never. https://cloud.google.com/docs/authentication/application-default-credentials
"""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hubfleet.clouds.credential import Token
from hubfleet.clouds.interface import Identity, LoginNeeded, Unanswered
from hubfleet.masking import hide

LOGIN = "gcloud auth application-default login"
# What google-auth reads, besides HOME; the federation of a CI system writes its file's name into the first.
ENVIRONMENT = ("GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_CONFIG")
SCOPES = ("https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/userinfo.email")
_lock = threading.Lock()


def environment() -> dict[str, str]:
    """What of this process's environment the credential plugin needs."""
    return {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}


def credentials() -> Any:
    """Credentials with a token that is valid now.

    Raises:
        LoginNeeded: there are none, they can not be read, or they have expired. Unanswered: no network.
    """
    from google.auth import exceptions
    from google.auth.transport.requests import Request

    try:
        found = _found()
        if not found.valid:
            found.refresh(Request())
    except (exceptions.DefaultCredentialsError, OSError) as trouble:
        raise LoginNeeded("nobody is logged in to Google Cloud", evidence=str(trouble), next_step=LOGIN) from trouble
    except exceptions.RefreshError as trouble:
        raise LoginNeeded("the login to Google Cloud has expired", evidence=said(trouble), next_step=LOGIN) from trouble
    except exceptions.TransportError as trouble:
        raise Unanswered("Google's login service does not answer", evidence=str(trouble)) from trouble
    hide(found.token)
    return found


def token(place: Mapping[str, str]) -> Token:  # noqa: ARG001  # the same token opens every cluster of ours
    """A token for the API of any GKE cluster that these credentials may enter."""
    found = credentials()
    expires = found.expiry.replace(tzinfo=UTC) if found.expiry else datetime.now(UTC) + timedelta(minutes=5)
    return Token(str(found.token), expires)


def identity() -> Identity:
    """Who the credentials are. They are bound to no project."""
    found = credentials()
    for name in ("service_account_email", "signer_email", "account"):
        principal = getattr(found, name, "")
        if isinstance(principal, str) and "@" in principal:
            return Identity(principal)
    return Identity(_asked(found) or "application default credentials")


def said(trouble: Exception) -> str:
    """The first sentence of an error of google-auth: the rest repeats it as a tuple."""
    return str(trouble.args[0] if trouble.args else trouble)


def _found() -> Any:
    """As google.auth.default does, without its call of gcloud for a default project, which costs half a second."""
    import google.auth
    from google.auth import _cloud_sdk

    logging.getLogger("google").addHandler(logging.NullHandler())  # it prints what it also raises
    from google.auth.credentials import with_scopes_if_required

    usual = _cloud_sdk.get_application_default_credentials_path()  # type: ignore[no-untyped-call]
    name = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS") or usual
    if Path(name).is_file() or "GOOGLE_APPLICATION_CREDENTIALS" in os.environ:
        # catch_warnings changes the whole process, so one thread at a time. The warning is about files from strangers.
        with _lock, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found, _ = google.auth.load_credentials_from_file(name)  # type: ignore[no-untyped-call]
        return with_scopes_if_required(found, SCOPES)  # type: ignore[no-untyped-call]
    if not _on_google():
        raise LoginNeeded("nobody is logged in to Google Cloud", evidence=f"there is no {usual}", next_step=LOGIN)
    found, _ = google.auth.default(scopes=SCOPES)
    return found


def _on_google() -> bool:
    """Whether this may be a machine of Google's, whose metadata server gives a login. Elsewhere nobody answers at its
    address, which google-auth would wait for.
    """
    product = Path("/sys/class/dmi/id/product_name")
    return "GCE_METADATA_HOST" in os.environ or (product.is_file() and product.read_text().startswith("Google"))


def _asked(found: Any) -> str:
    """The address of the person, from Google; empty where it does not answer: a name is not worth a failure."""
    import requests

    try:
        response = requests.post(
            "https://oauth2.googleapis.com/tokeninfo", data={"access_token": found.token}, timeout=10
        )
        return str(response.json().get("email", ""))
    except (requests.RequestException, ValueError):
        return ""
