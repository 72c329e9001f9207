"""A small chart by the name and with the keys of jupyterhub-home-nfs: what basehub and it have to agree on.

It stands in for 2i2c's chart where that is not at hand. HUBFLEET_HOME_NFS_CHART=<packaged chart or folder> names the
true one, which the same tests then render too.
"""

from __future__ import annotations

from pathlib import Path

NAME = "jupyterhub-home-nfs"
_FILES = {
    "Chart.yaml": f"apiVersion: v2\nname: {NAME}\nversion: 1.2.0\n",
    "values.yaml": """\
fullnameOverride: ""
quotaEnforcer: {config: {QuotaManager: {paths: [/export], hard_quota: 10, uid: 1000, gid: 1000}}}
nfsServer: {resources: {}}
persistentVolume: {size: 1M, accessModes: [ReadWriteOnce]}
annotations: {}
nodeSelector: {}
eks: {enabled: false, volumeId: none}
gke: {enabled: false, volumeId: none}
""",
    "templates/disk.yaml": """\
{{- $named := or .Values.eks.enabled .Values.gke.enabled }}
{{- if $named }}
apiVersion: v1
kind: PersistentVolume
metadata: {name: {{ .Release.Name }}-home-nfs}
spec:
  capacity: {storage: {{ .Values.persistentVolume.size }}}
  accessModes: {{ .Values.persistentVolume.accessModes | toJson }}
  persistentVolumeReclaimPolicy: Retain
  storageClassName: ""
  csi:
    {{- if .Values.eks.enabled }}
    {driver: ebs.csi.aws.com, volumeHandle: {{ .Values.eks.volumeId }}}
    {{- else }}
    {driver: pd.csi.storage.gke.io, volumeHandle: {{ .Values.gke.volumeId }}}
    {{- end }}
---
{{- end }}
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: home-nfs}
spec:
  accessModes: {{ .Values.persistentVolume.accessModes | toJson }}
  resources: {requests: {storage: {{ .Values.persistentVolume.size }}}}
  storageClassName: ""
  {{- if $named }}
  volumeName: {{ .Release.Name }}-home-nfs
  {{- end }}
""",
    "templates/server.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: home-nfs, labels: {app.kubernetes.io/component: nfs-server}}
spec:
  replicas: 1
  selector: {matchLabels: {app: nfs-server}}
  template:
    metadata:
      labels: {app: nfs-server, app.kubernetes.io/component: nfs-server}
      annotations: {{ .Values.annotations | toJson }}
    spec:
      nodeSelector: {{ .Values.nodeSelector | toJson }}
      containers: [{name: nfs-server, image: "stand-in:0", resources: {{ .Values.nfsServer.resources | toJson }}}]
      volumes: [{name: home-directories, persistentVolumeClaim: {claimName: home-nfs}}]
---
apiVersion: v1
kind: Secret
metadata: {name: home-nfs}
stringData:
  chart-config.yaml: {{ pick .Values.quotaEnforcer "config" | toJson | quote }}
""",
}


def written(folder: Path) -> Path:
    """The chart, as a folder."""
    for name, text in _FILES.items():
        path = folder / NAME / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / NAME
