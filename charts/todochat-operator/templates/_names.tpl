{{- /* The name of the release's objects. */ -}}
{{- define "todochat-operator.name" -}}
{{- $name := .Release.Name -}}
{{- if not (hasSuffix "operator" $name) }}{{ $name = printf "%s-operator" (trunc 43 $name | trimSuffix "-") }}{{ end -}}
{{- .Values.fullnameOverride | default $name -}}
{{- end -}}

{{- define "todochat-operator.account" -}}
{{- .Values.serviceAccount.name | default (include "todochat-operator.name" .) -}}
{{- end -}}

{{- /* For what is of the whole cluster, where a release of another namespace may have the same name. */ -}}
{{- define "todochat-operator.cluster-name" -}}
{{- printf "%s.%s" (include "todochat-operator.name" .) .Release.Namespace -}}
{{- end -}}

{{- /* Never changes: a Deployment's selector cannot. */ -}}
{{- define "todochat-operator.selector" -}}
app.kubernetes.io/name: todochat-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "todochat-operator.labels" -}}
{{- include "todochat-operator.labels-and" (list . dict) -}}
{{- end -}}

{{- /* The labels of an object that has others too. Takes the root and these. */ -}}
{{- define "todochat-operator.labels-and" -}}
{{- $root := index . 0 }}{{ $others := index . 1 -}}
{{ include "todochat-operator.selector" $root }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: todochat
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- with merge dict $others $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* The namespace of the object that `helm test` makes. */ -}}
{{- define "todochat-operator.test-namespace" -}}
{{- .Values.test.namespace | default (first .Values.watchNamespaces) | default .Release.Namespace -}}
{{- end -}}

{{- /* Its name: at most 40 characters, as of any TodoChat. */ -}}
{{- define "todochat-operator.test-object" -}}
{{- printf "%s-test" (include "todochat-operator.name" . | trunc 35 | trimSuffix "-") -}}
{{- end -}}
