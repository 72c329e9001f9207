{{- /*
  The data of a Secret for extraFiles: base64 by name. `data` is written in the format that the name of the
  file in the container asks for.
*/}}
{{- define "jupyterhub.extraFiles" -}}
{{- range $name, $file := . }}
{{- if $file.binaryData }}
{{ $name | quote }}: {{ $file.binaryData | nospace | quote }}
{{- else if $file.data }}
{{- $kind := ext $file.mountPath }}
{{- if has $kind (list ".yaml" ".yml") }}
{{ $name | quote }}: {{ $file.data | toYaml | b64enc | quote }}
{{- else if eq $kind ".json" }}
{{ $name | quote }}: {{ $file.data | toJson | b64enc | quote }}
{{- else if eq $kind ".toml" }}
{{ $name | quote }}: {{ $file.data | toToml | b64enc | quote }}
{{- else }}
{{- fail (printf "extraFiles.%s has data for %s: the name must end with .yaml, .yml, .json or .toml; use stringData for text" $name $file.mountPath) }}
{{- end }}
{{- else }}
{{ $name | quote }}: {{ $file.stringData | default "" | b64enc | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- /* The items of a volume that shows extraFiles, with their modes. */}}
{{- define "jupyterhub.extraFiles.items" -}}
{{- range $name, $file := . }}
- key: {{ $name | quote }}
  path: {{ $name | quote }}
  {{- with $file.mode }}
  mode: {{ . }}
  {{- end }}
{{- end }}
{{- end }}
