import json

import pytest

from hubfleet.toolchain.release import Unavailable, published_sha256

DIGEST = "ab" * 32
OTHER = "cd" * 32


@pytest.mark.parametrize(
    "text",
    [
        DIGEST,
        DIGEST.upper() + "\n",
        f"{DIGEST}  helm.tar.gz\n",
        f"{DIGEST} *helm.tar.gz\n",
        f"{OTHER}  helm.tar.gz.asc\n{DIGEST}  helm.tar.gz\n",
        json.dumps({"assets": [{"name": "other", "digest": f"sha256:{OTHER}"},
                               {"name": "helm.tar.gz", "digest": f"sha256:{DIGEST}"}]}),
    ],
)  # fmt: skip
def test_the_published_digest_is_found(text):
    assert published_sha256(text, "helm.tar.gz", "here") == DIGEST


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>not found</html>",
        f"{OTHER}  helm.zip\n",
        "abab  helm.tar.gz\n",
        json.dumps({"assets": [{"name": "helm.tar.gz", "digest": None}]}),
        json.dumps({"assets": [{"name": "helm.tar.gz", "digest": "md5:12"}]}),
        "{not json",
    ],
)
def test_no_digest_means_the_release_can_not_be_had(text):
    with pytest.raises(Unavailable):
        published_sha256(text, "helm.tar.gz", "here")
