"""Why an image could not be pulled."""

from __future__ import annotations

from hubfleet.workflows.dossier.causes import Cause

# Sentences of registries and of containerd, most telling first.
_WHY = (
    (("not found", "manifest unknown", "name unknown"), "image-not-found", "does not exist in its registry"),
    (("unauthorized", "authentication required", "403 forbidden", "insufficient_scope", "denied"), "image-denied",
     "may not be pulled: its registry asks for a login, or it does not exist there"),
    (("toomanyrequests", "429 too many"), "image-rate-limit", "is refused for now: the registry's limit is used up"),
    (("couldn't parse image", "invalid reference", "invalidimagename"), "image-name", "is not a valid image name"),
    (("no such host", "dial tcp", "i/o timeout", "connection refused", "x509", "tls:", "deadline exceeded", "eof"),
     "image-registry", "can not be pulled: its registry does not answer the node"),
    (("neverpull", "not present with pull policy"), "image-not-loaded", "is not on the node, and may not be pulled"),
    (("no space left",), "image-disk", "does not fit: the node's disk is full"),
)  # fmt: skip
_NEXT = {
    "image-not-found": "check the image's name and tag in the hub's values",
    "image-denied": "give the namespace a pull secret (imagePullSecrets), or check the image's name",
    "image-not-loaded": "./inv image-load",
    "image-registry": "check the image's name in the hub's values, and whether the nodes reach its registry",
    "image-rate-limit": "give the namespace a pull secret (imagePullSecrets), whose limit is higher; or wait",
}
_NO_IMAGE_COMES = ("failed to pull image", "pull policy of never", "couldn't parse image")


def why_not_pulled(image: str, said: str, show: str) -> Cause:
    """The cause, by what the container runtime said.

    Args:
        image: its full name.
        said: the runtime's sentence, or Kubernetes' reason.
        show: the command that shows more.
    """
    lowered = said.lower()
    for words, name, text in _WHY:
        if any(word in lowered for word in words):
            return Cause(name, f"image {image} {text}", said, _NEXT.get(name, show))
    return Cause("image", f"image {image} can not be pulled", said, show)


def pull_failed(message: str) -> Cause | None:
    """Why an image did not come, by a spawner's message; None: it does not say that one failed to."""
    if not any(words in message.lower() for words in _NO_IMAGE_COMES):
        return None
    image = message.split('"')[1] if message.count('"') > 1 else ""
    return why_not_pulled(image, message, "")


def hopeless(cause: Cause) -> bool:
    """Whether an image will not come, however long one waits. Other failures may pass: registries do hiccup."""
    return cause.name in ("image-not-found", "image-denied", "image-name", "image-not-loaded")
