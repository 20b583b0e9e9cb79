{{- /* What stands before every image's name. */ -}}
{{- define "todochat-operator.registry" -}}
{{- with .Values.imageRegistry }}{{ trimSuffix "/" . }}/{{ end -}}
{{- end -}}

{{- /* An image without registry. Takes the root and the image's values. */ -}}
{{- define "todochat-operator.image" -}}
{{- $root := index . 0 }}{{ $image := index . 1 -}}
{{- $image.repository }}:{{ $image.tag | default $root.Values.image.tag | default $root.Chart.AppVersion -}}
{{- with $image.digest }}@{{ . }}{{ end -}}
{{- end -}}

{{- /* The operator's own, as a pod names it. */ -}}
{{- define "todochat-operator.own-image" -}}
{{- include "todochat-operator.registry" . }}{{ include "todochat-operator.image" (list . .Values.image) -}}
{{- end -}}
