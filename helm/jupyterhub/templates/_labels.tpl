{{- /* Labels that select; call with (dict "root" $ "component" "hub"). The names are z2jh's. */}}
{{- define "jupyterhub.selector" -}}
app: jupyterhub
component: {{ .component }}
release: {{ .root.Release.Name }}
{{- end }}

{{- /* All labels of an object; same arguments. */}}
{{- define "jupyterhub.labels" -}}
{{ include "jupyterhub.selector" . }}
app.kubernetes.io/name: jupyterhub
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- /* Labels of a pod: what selects, and what network policies look for (a list of access names). */}}
{{- define "jupyterhub.podLabels" -}}
{{ include "jupyterhub.selector" . }}
app.kubernetes.io/name: jupyterhub
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- range .reaches }}
hub.jupyter.org/network-access-{{ . }}: "true"
{{- end }}
{{- end }}
