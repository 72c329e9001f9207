{{- /* Labels of basehub's own objects; call with (dict "root" $ "component" "homes"). */}}
{{- define "basehub.labels" -}}
app: basehub
component: {{ .component }}
release: {{ .root.Release.Name }}
app.kubernetes.io/name: basehub
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end }}
