{{- /*
The uses of Secrets in a spec `s`, as an expression of CEL: a list of "name place", where the place is all that says where the
Secret's content goes. CEL has no flattening of lists here (Kubernetes 1.31), so everything is joined to one text and split.
`[x].map(name, …)[0]` gives x a name.
*/ -}}
{{- define "todochat-operator.uses" -}}
[
  [{{ include "todochat-operator.image-of" "s.?chat.?image" }}].map(image, [
    {{ include "todochat-operator.use" (list "s.?chat.?model.?apiKey.?name" "'model ' + s.?chat.?model.?provider.orValue('') + ' ' + s.?chat.?model.?endpoint.orValue('') + ' ' + image") }},
    {{ include "todochat-operator.use" (list "s.?chat.?auth.?inviteCodes.?name" "'chat ' + image") }},
    s.?chat.?env.orValue([]).map(e, {{ include "todochat-operator.use" (list "e.?valueFrom.?secretKeyRef.?name" "'chat ' + image") }}).join('\n'),
  ].join('\n'))[0],
  s.?toolServers.orValue([]).map(t,
    [{{ include "todochat-operator.program-of" "t" }}].map(program,
      t.?env.orValue([]).map(e, {{ include "todochat-operator.use" (list "e.?valueFrom.?secretKeyRef.?name" "'tool ' + program") }}).join('\n'))[0]).join('\n'),
  s.?toolServers.orValue([]).map(t, t.?source.?remote.?headersFrom.orValue([]).map(h, {{ include "todochat-operator.use" (list "h.?secretKeyRef.?name" "'remote ' + t.?source.?remote.?url.orValue('')") }}).join('\n')).join('\n'),
  {{ include "todochat-operator.use" (list "s.?database.?external.?admin.?name" (include "todochat-operator.server-of" "s.?database.?external")) }},
  {{ include "todochat-operator.use" (list "s.?database.?external.?credentials.?name" (include "todochat-operator.server-of" "s.?database.?external")) }},
  {{ include "todochat-operator.use" (list "s.?database.?backup.?destination.?s3.?credentials.?name" (include "todochat-operator.bucket-of" "s")) }},
  s.?database.?cnpg.?clusterRef.?name.optMap(n, n + '-app cluster').orValue(''),
  s.?exposure.?tls.?secretRef.?name.optMap(n, n + ' tls').orValue(''),
  s.?imagePullSecrets.orValue([]).map(p, p.name + ' pull').join('\n'),
].join('\n').split('\n').filter(u, u != '')
{{- end -}}

{{- /* One use: takes the path of the name and the expression of the place, in which a line's end has no meaning. */ -}}
{{- define "todochat-operator.use" -}}
{{ index . 0 }}.optMap(n, n + ' ' + ({{ index . 1 }}).replace('\n', ' ')).orValue('')
{{- end -}}

{{- /* Whoever chooses the image reads what its pods are given. */ -}}
{{- define "todochat-operator.image-of" -}}
{{ . }}.?repository.orValue('') + ':' + {{ . }}.?tag.orValue('') + '@' + {{ . }}.?digest.orValue('')
{{- end -}}

{{- /* What a tool server runs, and the variables that may tell it where to send what it is given. */ -}}
{{- define "todochat-operator.program-of" -}}
{{- $image := printf "%s.?source.?image" . }}{{ $stdio := printf "%s.?source.?stdio" . -}}
{{ include "todochat-operator.image-of" (printf "%s.?image" $image) }} + ' ' + {{ include "todochat-operator.image-of" (printf "%s.?image" $stdio) }} + ' ' + {{ $image }}.?command.orValue([]).join(' ') + ' ' + {{ $image }}.?args.orValue([]).join(' ') + ' ' + {{ $stdio }}.?command.orValue([]).join(' ') + ' ' + {{ . }}.?env.orValue([]).map(v, v.name + '=' + v.?value.orValue('')).join(' ')
{{- end -}}

{{- define "todochat-operator.server-of" -}}
'database ' + {{ . }}.?host.orValue('') + ':' + string({{ . }}.?port.orValue(5432)) + ' ' + {{ . }}.?sslMode.orValue('')
{{- end -}}

{{- /* The bucket's key is read by pods that have the chat's program in the database's image. */ -}}
{{- define "todochat-operator.bucket-of" -}}
'bucket ' + {{ . }}.?database.?backup.?destination.?s3.?endpoint.orValue('') + ' ' + {{ include "todochat-operator.image-of" (printf "%s.?database.?embedded.?image" .) }} + ' ' + {{ include "todochat-operator.image-of" (printf "%s.?chat.?image" .) }}
{{- end -}}
