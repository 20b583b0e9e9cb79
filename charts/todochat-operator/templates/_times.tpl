{{- /* A length of time such as 1h30m, in milliseconds. */ -}}
{{- define "todochat-operator.milliseconds" -}}
{{- $units := dict "h" 3600000 "m" 60000 "s" 1000 "ms" 1 -}}
{{- $sum := 0 -}}
{{- range regexFindAll "[0-9]+(ms|[hms])" . -1 -}}
{{- $sum = add $sum (mul (regexFind "[0-9]+" . | atoi) (get $units (regexFind "[hms]+" .))) -}}
{{- end -}}
{{- $sum -}}
{{- end -}}

{{- /* How long a pod may take; a drain that is cut off would leave writes half done. */ -}}
{{- define "todochat-operator.grace-seconds" -}}
{{- $grace := int .Values.terminationGracePeriodSeconds -}}
{{- if ge (include "todochat-operator.milliseconds" .Values.operator.drain | atoi) (mul 1000 $grace | int) -}}
{{- fail (printf "operator.drain (%s) must be shorter than terminationGracePeriodSeconds (%d)" .Values.operator.drain $grace) -}}
{{- end -}}
{{- $grace -}}
{{- end -}}
