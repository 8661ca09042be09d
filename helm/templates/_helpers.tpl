{{/* The prefix of all objects. */}}
{{- define "edudelta.prefix" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{ .Release.Name | trunc 38 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 38 | trimSuffix "-" }}
{{- end -}}
{{- end -}}

{{/* Every service with its defaults, and what follows from the others: whom it calls, who calls it. */}}
{{- define "edudelta.services" -}}
{{- $services := dict -}}
{{- range $name, $own := .Values.services -}}
{{-   $default := dict "edge" false "identity" false "env" dict "egress" list "digest" "" "calledBy" list
        "database" (pick $.Values.database "url" "maxConnections" "egress") -}}
{{-   $_ := set $services $name (mergeOverwrite $default (deepCopy $.Values.defaults) (deepCopy $own)) -}}
{{- end -}}
{{- range $name, $service := $services -}}
{{-   $_ := set $service "port" (ternary 8443 7443 $service.edge) -}}
{{-   if $service.edge }}{{ $_ := set $service "calls" (without (keys $services | sortAlpha) $name) }}{{ end -}}
{{-   range $service.calls -}}
{{-     $peer := get $services . | default dict -}}
{{-     if or (not $peer) $peer.edge (eq . $name) -}}
{{-       fail (printf "services.%s.calls: %s is no service that it could call" $name .) -}}
{{-     end -}}
{{-     $_ := set $peer "calledBy" (append $peer.calledBy $name) -}}
{{-   end -}}
{{- end -}}
{{ toYaml $services }}
{{- end -}}

{{/* Of which there is one: the service for which `is` ("edge", "identity") is true. */}}
{{- define "edudelta.the" -}}
{{- $found := list -}}
{{- range $name, $service := .services }}{{ if get $service $.is }}{{ $found = append $found $name }}{{ end }}{{ end -}}
{{- if ne (len $found) 1 -}}
{{-   fail (printf "services: one of them is to have %s: true, and %d have" .is (len $found)) -}}
{{- end -}}
{{ first $found }}
{{- end -}}

{{/* What the schema cannot say of the values. */}}
{{- define "edudelta.check" -}}
{{- $services := include "edudelta.services" . | fromYaml -}}
{{- $_ := include "edudelta.the" (dict "services" $services "is" "edge") -}}
{{- $_ := include "edudelta.the" (dict "services" $services "is" "identity") -}}
{{- if and (not .Values.database.tls.caSecret) (not .Values.database.tls.acceptPlaintext) -}}
{{-   fail "database.tls.caSecret: needed, or else database.tls.acceptPlaintext" -}}
{{- end -}}
{{- if and (eq .Values.tls.mode "certManager") (eq .Values.tls.issuerRef.kind "ClusterIssuer") (not .Values.tls.acceptClusterIssuer) -}}
{{-   fail "tls.issuerRef.kind: a ClusterIssuer gives the services' names to other namespaces, too; tls.acceptClusterIssuer if that is wanted" -}}
{{- end -}}
{{- $opened := dict -}}
{{- range $name, $service := $services -}}
{{-   if gt (int $service.replicas) (int $service.maxReplicas) -}}
{{-     fail (printf "services.%s.maxReplicas: %d, fewer than its %d replicas" $name (int $service.maxReplicas) (int $service.replicas)) -}}
{{-   end -}}
{{-   if not $service.edge -}}
{{- /* Beside the two pools: the readiness, and what ends overdue statements, one a pool. */ -}}
{{-     $each := add $service.connections $service.bulkConnections 3 -}}
{{-     $url := $service.database.url -}}
{{-     $_ := set $opened $url (add (get $opened $url | default 0) (mul $service.maxReplicas $each)) -}}
{{-   end -}}
{{- end -}}
{{- range $name, $service := $services -}}
{{-   $all := get $opened $service.database.url | default 0 -}}
{{-   if and (not $service.edge) (gt (mul $all 10) (mul $service.database.maxConnections 8)) -}}
{{-     fail (printf "database.maxConnections: the services that share the server of %s open up to %d connections, more than 80 %% of %d (maxReplicas x (connections + bulkConnections + 3) each)" $name $all (int $service.database.maxConnections)) -}}
{{-   end -}}
{{- end -}}
{{- /* With an API at hand: a pod or a job would wait for a secret that is not there until somebody looks. */ -}}
{{- if lookup "v1" "ServiceAccount" .Release.Namespace "default" -}}
{{-   $administrator := dict "secret" .Values.secrets.administrator "items" (dict "administrator.password" "password") -}}
{{-   $needed := ternary (list $administrator) list (ne .Values.secrets.administrator "") -}}
{{-   range $name, $service := $services -}}
{{-     range $account := list "" $.Values.secrets.ddl -}}
{{-       $needed = concat $needed (include "edudelta.sources" (dict "context" $ "name" $name "service" $service "account" $account) | fromJsonArray) -}}
{{-     end -}}
{{-   end -}}
{{-   range $needed -}}
{{-     $secret := .secret -}}
{{-     $made := and (eq $.Values.tls.mode "certManager") (hasKey .items "tls.crt") -}}
{{-     $keys := keys ((lookup "v1" "Secret" $.Release.Namespace $secret).data | default dict) -}}
{{-     range $key := ternary list (values .items) $made -}}
{{-       if not (has $key $keys) }}{{ fail (printf "the secret %s is not there, or has no key %s" $secret $key) }}{{ end -}}
{{-     end -}}
{{-   end -}}
{{- end -}}
{{- end -}}

{{/* The pods of one part of the release: dict "context" $ "part" name. */}}
{{- define "edudelta.selector" -}}
{{ dict "app.kubernetes.io/name" .context.Chart.Name "app.kubernetes.io/instance" .context.Release.Name "app.kubernetes.io/component" .part | toJson }}
{{- end -}}

{{/* The same as a NetworkPolicy's peers, for several parts. */}}
{{- define "edudelta.peers" -}}
{{- $peers := list -}}
{{- range .parts -}}
{{-   $labels := include "edudelta.selector" (dict "context" $.context "part" .) | fromJson -}}
{{-   $peers = append $peers (dict "podSelector" (dict "matchLabels" $labels)) -}}
{{- end -}}
{{ toJson $peers }}
{{- end -}}

{{- define "edudelta.metadata" -}}
name: {{ include "edudelta.prefix" .context }}{{ with .name }}-{{ . }}{{ end }}
namespace: {{ .context.Release.Namespace }}
labels:
  {{- include "edudelta.selector" . | fromJson | merge (dict) (.labels | default dict) | toYaml | nindent 2 }}
  app.kubernetes.io/version: {{ .context.Chart.AppVersion | quote }}
  app.kubernetes.io/managed-by: {{ .context.Release.Service }}
  helm.sh/chart: {{ .context.Chart.Name }}-{{ .context.Chart.Version }}
{{- end -}}

{{/* What runs beside the release's own objects: a failed one stays to be read, all others are gone when they have ended. */}}
{{- define "edudelta.hook" -}}
annotations:
  helm.sh/hook: {{ .when }}
  helm.sh/hook-weight: {{ .weight | quote }}
  helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
  helm.sh/hook-output-log-policy: hook-succeeded,hook-failed
{{- end -}}

{{/* {user}, {schema}, {release} and {service} in a value. */}}
{{- define "edudelta.filled" -}}
{{- $user := printf "edudelta_%s%s" .service (.suffix | default "") -}}
{{- .text | replace "{user}" $user | replace "{schema}" (printf "edudelta_%s" .service) | replace "{service}" .service | replace "{release}" (include "edudelta.prefix" .context) -}}
{{- end -}}
