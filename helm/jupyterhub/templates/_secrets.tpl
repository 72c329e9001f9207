{{- /*
  The value of a key of Secret `hub`, base64: what the values say, else what is on the cluster, else a new random one.
  So secrets are made once and stay. Without a cluster (helm template) there is nothing to look up.
  Call with (dict "root" $ "key" "..." "given" "..." "bytes" 32).
*/}}
{{- define "jupyterhub.keptSecret" -}}
{{- $kept := (lookup "v1" "Secret" .root.Release.Namespace "hub").data | default dict }}
{{- if .given }}
{{- .given | b64enc }}
{{- else if hasKey $kept .key }}
{{- get $kept .key }}
{{- else }}
{{- include "jupyterhub.randomHex" .bytes | b64enc }}
{{- end }}
{{- end }}

{{- /* Random bytes as lower-case hexadecimal digits: JupyterHub wants its cookie secret and its keys like this. */}}
{{- define "jupyterhub.randomHex" -}}
{{- randBytes (int .) | b64dec | printf "%x" }}
{{- end }}

{{- /* What the hub reads as its values: the chart's, and who it is. Free of anything random. */}}
{{- define "jupyterhub.hubValues" -}}
{{- $values := omit .Values "scheduling" "prePuller" }}
{{- $values = merge (dict "Release" (pick .Release "Name" "Namespace" "Service")) $values }}
{{- $values = merge (dict "Chart" (dict "Name" .Chart.Name "Version" .Chart.Version "AppVersion" .Chart.AppVersion)) $values }}
{{- $values | toYaml }}
{{- end }}
