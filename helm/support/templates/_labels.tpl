{{- /* Labels that select; call with (dict "root" $ "component" "ingress"). */}}
{{- define "support.selector" -}}
app.kubernetes.io/name: support
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- /* All labels of an object; same arguments. */}}
{{- define "support.labels" -}}
{{ include "support.selector" . }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- /* What a container may do: nothing beyond running its program. */}}
{{- define "support.confined" -}}
runAsUser: 65534
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}
