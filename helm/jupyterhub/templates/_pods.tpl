{{- /* `name:tag`; call with (dict "image" .Values.hub.image "key" "hub.image"). */}}
{{- define "jupyterhub.image" -}}
{{- if or (not .image.name) (not .image.tag) }}
{{- fail (printf "%s.name and %s.tag must both be set: ./inv deploy-hub sets them to what ./inv image-build made" .key .key) }}
{{- end }}
{{- printf "%s:%s" .image.name .image.tag }}
{{- end }}

{{- /* imagePullSecrets of a pod, or nothing; call with (dict "root" $ "image" .Values.hub.image). */}}
{{- define "jupyterhub.imagePullSecrets" -}}
{{- $names := concat (.image.pullSecrets | default list) (.root.Values.imagePullSecrets | default list) }}
{{- with .root.Values.imagePullSecret }}
{{- if and .create .automaticReferenceInjection }}{{ $names = append $names "image-pull-secret" }}{{ end }}
{{- end }}
{{- $references := list }}
{{- range $names | uniq }}
{{- $references = append $references (kindIs "string" . | ternary (dict "name" .) .) }}
{{- end }}
{{- with $references }}
imagePullSecrets: {{- . | toYaml | nindent 2 }}
{{- end }}
{{- end }}

{{- /* The container security of the restricted Pod Security Standard; the argument is the user id. */}}
{{- define "jupyterhub.restricted" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
allowPrivilegeEscalation: false
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- /* The entries of `env` for extraEnv: a list as Kubernetes has it, or a map of text or of such entries. */}}
{{- define "jupyterhub.extraEnv" -}}
{{- $entries := list }}
{{- if kindIs "slice" . }}
{{- $entries = . }}
{{- else }}
{{- range $name, $value := . }}
{{- if kindIs "map" $value }}
{{- $entries = append $entries (merge (dict "name" $name) $value) }}
{{- else if kindIs "string" $value }}
{{- $entries = append $entries (dict "name" $name "value" $value) }}
{{- else if not (kindIs "invalid" $value) }}
{{- fail (printf "extraEnv.%s must be text: put %v into quotes" $name $value) }}
{{- end }}
{{- end }}
{{- end }}
{{- with $entries }}{{ . | toYaml }}{{ end }}
{{- end }}

{{- /* Path below which the hub answers, without a slash at its end. */}}
{{- define "jupyterhub.basePath" -}}
{{- dig "JupyterHub" "base_url" "/" (.Values.hub.config | default dict) | trimSuffix "/" }}
{{- end }}
