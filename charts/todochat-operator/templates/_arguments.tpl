{{- /* The operator's arguments: each flag that has a value, in the order of `todochat-operator run --help`. */ -}}
{{- define "todochat-operator.arguments" -}}
{{- $arguments := list "run" "--admin-listen=0.0.0.0:9090" -}}
{{- with include "todochat-operator.registry" . }}{{ $arguments = append $arguments (printf "--image-registry=%s" .) }}{{ end -}}
{{- $arguments = append $arguments (printf "--chat-server-image=%s" (include "todochat-operator.image" (list . .Values.images.chatServer))) -}}
{{- $arguments = append $arguments (printf "--mcp-server-image=%s" (include "todochat-operator.image" (list . .Values.images.mcpServer))) -}}
{{- $arguments = append $arguments (printf "--postgres-image=%s" (include "todochat-operator.image" (list . .Values.images.postgres))) -}}
{{- range .Values.allowedRegistries }}{{ $arguments = append $arguments (printf "--allowed-registry=%s" .) }}{{ end -}}
{{- range .Values.outgoingAllow }}{{ $arguments = append $arguments (printf "--outgoing-allow=%s" .) }}{{ end -}}
{{- range .Values.metricsFromNamespaces }}{{ $arguments = append $arguments (printf "--metrics-from-namespace=%s" .) }}{{ end -}}
{{- range .Values.objectImagePullSecrets }}{{ $arguments = append $arguments (printf "--image-pull-secret=%s" .) }}{{ end -}}
{{- range .Values.watchNamespaces }}{{ $arguments = append $arguments (printf "--watch-namespace=%s" .) }}{{ end -}}
{{- with .Values.operator -}}
{{- $arguments = append $arguments (printf "--workers=%d" (int .workers)) -}}
{{- $arguments = append $arguments (printf "--write-budget=%d" (int .writeBudget)) -}}
{{- $arguments = append $arguments (printf "--max-rolling=%d" (int .maxRolling)) -}}
{{- $arguments = append $arguments (printf "--watch-idle-limit=%s" .watchIdleLimit) -}}
{{- $arguments = append $arguments (printf "--resync=%s" .resync) -}}
{{- $arguments = append $arguments (printf "--probe-interval=%s" .probeInterval) -}}
{{- $arguments = append $arguments (printf "--object-metrics=%t" .objectMetrics) -}}
{{- $arguments = append $arguments (printf "--drain=%s" .drain) -}}
{{- end -}}
{{- with .Values.log.filter }}{{ $arguments = append $arguments (printf "--log=%s" .) }}{{ end -}}
{{- $arguments = append $arguments (printf "--log-format=%s" .Values.log.format) -}}
{{- toYaml $arguments -}}
{{- end -}}
