{{/* The environment of one service as a map: dict "context" $ "name" "service". An empty value is none. */}}
{{- define "edudelta.environment" -}}
{{- $values := .context.Values -}}
{{- $prefix := include "edudelta.prefix" .context -}}
{{- $files := "/etc/edudelta" -}}
{{- $replicas := .service.replicas -}}
{{- $own := ternary "EDUDELTA_GATEWAY_" "EDUDELTA_" .service.edge -}}
EDUDELTA_NODE_ID: {{ $values.nodeId | quote }}
{{ $own }}LISTEN_ADDRESS: 0.0.0.0:{{ .service.port }}
{{ $own }}METRICS_ADDRESS: 0.0.0.0:9464
{{ $own }}TLS_CERT_FILE: {{ $files }}/tls.crt
{{ $own }}TLS_KEY_FILE: {{ $files }}/tls.key
{{ $own }}DRAIN_DELAY: {{ $values.drainDelaySeconds }}s
{{ $own }}DRAIN_LIMIT: {{ .service.drainSeconds }}s
{{ $own }}LOG_CALLS: {{ $values.logCalls | quote }}
{{- range .service.calls }}
EDUDELTA_{{ upper . }}_ADDRESS: dns:///{{ $prefix }}-{{ . }}:7443
{{- end }}
{{- if .service.edge }}
EDUDELTA_GATEWAY_BACKEND_TLS_CERT_FILE: {{ $files }}/tls.crt
EDUDELTA_GATEWAY_BACKEND_TLS_KEY_FILE: {{ $files }}/tls.key
EDUDELTA_GATEWAY_BACKEND_TLS_CA_FILE: {{ $files }}/ca.crt
{{- range $variable, $value := dict "RATE_PER_SECOND" "perSecond" "RATE_BURST" "burst" "LOGINS_PER_SECOND" "loginsPerSecond" }}
EDUDELTA_GATEWAY_{{ $variable }}: {{ divf (get $values.gateway.rate $value) $replicas | ceil | int | quote }}
{{- end }}
EDUDELTA_GATEWAY_TRUSTED_PROXIES: {{ join "," $values.gateway.trustedProxies | quote }}
EDUDELTA_GATEWAY_CORS_ORIGINS: {{ join "," $values.gateway.corsOrigins | quote }}
{{- else }}
EDUDELTA_LISTEN_UNIX: /run/edudelta/service.sock
EDUDELTA_TLS_CA_FILE: {{ $files }}/ca.crt
EDUDELTA_TRUSTED_NAMES: {{ join "," .service.calledBy }}
EDUDELTA_DB_URL: {{ include "edudelta.filled" (dict "context" .context "service" .name "text" .service.database.url) | quote }}
EDUDELTA_DB_PASSWORD_FILE: {{ $files }}/db.password
EDUDELTA_DB_CONNECTIONS: {{ .service.connections | quote }}
EDUDELTA_DB_BULK_CONNECTIONS: {{ .service.bulkConnections | quote }}
EDUDELTA_FIELD_KEY_FILE: {{ $files }}/fields.json
EDUDELTA_DB_SSL_CA: {{ ternary "" "/etc/edudelta/db-ca.crt" (empty $values.database.tls.caSecret) | quote }}
{{- if .service.identity }}
EDUDELTA_TOKEN_KEY_FILE: {{ $files }}/token-key.pem
{{- end }}
{{- end }}
{{- end -}}

{{/* What --migrate needs: the account that may change the schema, and no key. */}}
{{- define "edudelta.migrating" -}}
{{ pick (include "edudelta.environment" . | fromYaml) "EDUDELTA_LISTEN_UNIX" "EDUDELTA_DB_URL" "EDUDELTA_DB_SSL_CA" | toYaml }}
EDUDELTA_DB_DDL_URL: {{ include "edudelta.filled" (dict "context" .context "service" .name "text" .service.database.url "suffix" "_ddl") | quote }}
EDUDELTA_DB_DDL_PASSWORD_FILE: /etc/edudelta/db.password
{{- end -}}

{{/* A map as a container's list; `more` are the service's own settings, which change nothing that the chart says. */}}
{{- define "edudelta.env" -}}
{{- $map := .map | fromYaml -}}
{{- range $variable, $value := .more -}}
{{-   if hasKey $map $variable }}{{ fail (printf "services.%s.env.%s: the chart sets it" $.name $variable) }}{{ end -}}
{{-   $_ := set $map $variable $value -}}
{{- end -}}
{{- range $variable, $value := $map }}
- {name: {{ $variable }}, value: {{ $value | toString | quote }}}
{{- end }}
{{- end -}}

{{/* Sources of /etc/edudelta, from secrets that exist: a list of dict "secret" "items" (file: key). */}}
{{- define "edudelta.files" -}}
- name: files
  projected:
    # The programs refuse secrets that every user may read.
    defaultMode: 0440
    sources:
      {{- range . }}
      - secret:
          name: {{ .secret }}
          items: [{{ range $file, $key := .items }}{key: {{ $key }}, path: {{ $file }}}, {{ end }}]
      {{- end }}
{{- end -}}

{{/* From where a service has its files: dict "context" $ "name" "service" and, for its migrations, "account". */}}
{{- define "edudelta.sources" -}}
{{- $values := .context.Values -}}
{{- $sources := list -}}
{{- if not .account -}}
{{-   $tls := include "edudelta.filled" (dict "context" .context "service" .name "text" $values.tls.secret) -}}
{{-   $sources = append $sources (dict "secret" $tls "items" (dict "tls.crt" "tls.crt" "tls.key" "tls.key" "ca.crt" "ca.crt")) -}}
{{- end -}}
{{- if not .service.edge -}}
{{-   $sources = append $sources (dict "secret" (.account | default $values.secrets.dml) "items" (dict "db.password" .name)) -}}
{{-   with $values.database.tls.caSecret }}{{ $sources = append $sources (dict "secret" . "items" (dict "db-ca.crt" "ca.crt")) }}{{ end -}}
{{-   $keys := dict "fields.json" (printf "%s.fields.json" .name) -}}
{{-   if .service.identity }}{{ $_ := set $keys "token-key.pem" "token-key.pem" }}{{ end -}}
{{-   if not .account }}{{ $sources = append $sources (dict "secret" $values.secrets.keys "items" $keys) }}{{ end -}}
{{- end -}}
{{ toJson $sources }}
{{- end -}}

{{/* What is the same for every pod. */}}
{{- define "edudelta.pod" -}}
automountServiceAccountToken: false
# They would name the addresses of all Services in variables of ours, which the programs refuse.
enableServiceLinks: false
# Its files belong to this group.
securityContext: {fsGroup: 65532, fsGroupChangePolicy: OnRootMismatch}
imagePullSecrets: {{ toJson .Values.image.pullSecrets }}
nodeSelector: {{ toJson .Values.pods.nodeSelector }}
tolerations: {{ toJson .Values.pods.tolerations }}
priorityClassName: {{ .Values.pods.priorityClassName | quote }}
{{- end -}}

{{/* What is the same for every container: dict "context" $ "name" "digest" "resources" "words". */}}
{{- define "edudelta.container" -}}
{{- $image := .context.Values.image -}}
{{- $version := ternary (printf "@%s" .digest) (printf ":%s" ($image.tag | default .context.Chart.AppVersion)) (not (not .digest)) -}}
- name: {{ .name }}
  image: {{ $image.registry }}/edudelta-{{ .name }}{{ $version }}
  imagePullPolicy: {{ $image.pullPolicy }}
  command: {{ prepend .words "/app/service" | toJson }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities: {drop: [ALL]}
    seccompProfile: {type: RuntimeDefault}
  resources: {{- toYaml .resources | nindent 4 }}
{{- end -}}
