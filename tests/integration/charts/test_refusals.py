"""What the charts refuse, before anything changes: unknown keys, contradictions, and what would lose data."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"hub": {"extraVolumes": []}}, ["/hub", "extraVolumes"]),
        ({"singleuser": {"memoryLimit": "1G"}}, ["/singleuser", "memoryLimit"]),
        ({"hubs": {}}, ["hubs"]),
        ({"hub": {"config": {"loadRoles": {}}}}, ["/hub/config", "loadRoles"]),
        ({"cull": {"timeout": "1h"}}, ["/cull/timeout", "integer"]),
        ({"singleuser": {"storage": {"type": "nfs"}}}, ["/singleuser/storage/type"]),
        ({"hub": {"extraFiles": {"x": {"mountPath": "/x"}}}}, ["/hub/extraFiles/x"]),
        ({"imagePullSecret": {"create": True}}, ["/imagePullSecret"]),
    ],
)
def test_what_is_not_supported_is_refused_by_name(refused, values, words):
    said = refused(values)
    assert all(word in said for word in words), said


@pytest.mark.parametrize(
    ("values", "beside", "message"),
    [
        ({"hub": {"config": {"KubeSpawner": {"delete_pvc": True}}}}, {}, "deletes a home directory"),
        ({"hub": {"config": {"GitHubOAuthenticator": {"allow_all": True}}}}, {}, "access is members"),
        ({"custom": {"basehub": {"access": "open"}}}, {}, "/jupyterhub/custom/basehub/access"),
        ({}, {"basehub": {"sharedPassword": {"enabled": True}}}, "authenticator_class: shared-password"),
        ({}, {"basehub": {"homes": {"nfs": {"server": "s"}}}}, "needs both server and path"),
        ({}, {"basehub": {"homes": {"nfs": {"server": "s", "path": "/p"}}}}, "would not use it"),
        ({"singleuser": {"storage": {"type": "static", "static": {"pvcName": "homes"}}}},
         {"basehub": {"homes": {"nfs": {"server": "s", "path": "/ab/c", "root": "/a"}}}}, "is not below"),
        ({}, {"basehub": {"sharedpassword": {}}}, "sharedpassword"),
        ({"custom": {"basehub": {"shared": {}}}}, {}, "shared"),
        ({"singleuser": {"cloudMetadata": {"blockWithIptables": True}}}, {}, "networkTools.image"),
        ({"singleuser": {"storage": {"type": "static"}}}, {}, "static.pvcName"),
        ({"hub": {"db": {"type": "postgres"}}}, {}, "set hub.db.url"),
        ({"hub": {"image": {"tag": ""}}}, {}, "hub.image.tag must both be set"),
        ({"hub": {"extraFiles": {"x": {"mountPath": "/x.txt", "data": {"a": 1}}}}}, {}, "use stringData"),
    ],
)  # fmt: skip
def test_contradictions_are_refused_before_anything_changes(refused, values, beside, message):
    assert message in refused(values, **beside)
