"""The container images of the hub, the proxy and a user's server: named by content, built, loaded.

`hubfleet.images.reference(root, "hub")` is all that the rest of hubfleet needs to know of an image.
"""

from hubfleet.images.source import names, reference

__all__ = ["names", "reference"]
