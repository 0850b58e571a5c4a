{{- define "fabric-operator.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 45 | trimSuffix "-" -}}
{{- end -}}

{{/*
Name of all objects: the release's name, if that contains the chart's. So two releases, or a release beside
deploy/base, share no object, not even one of the cluster.
*/}}
{{- define "fabric-operator.fullname" -}}
{{- $name := include "fabric-operator.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 45 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 45 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "fabric-operator.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (include "fabric-operator.fullname" .) -}}
{{- end -}}

{{/* The labels that select the Pods of this release. */}}
{{- define "fabric-operator.selector" -}}
app.kubernetes.io/name: {{ include "fabric-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Without the chart's version: each new one would rewrite every object without need. */}}
{{- define "fabric-operator.labels" -}}
{{ include "fabric-operator.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end -}}

{{- define "fabric-operator.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository (.tag | default $.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The port of /livez, /readyz and /metrics. */}}
{{- define "fabric-operator.port" -}}8481{{- end -}}

{{/* The operator as the subject of a binding. */}}
{{- define "fabric-operator.subjects" -}}
subjects:
  - kind: ServiceAccount
    name: {{ include "fabric-operator.serviceAccountName" . }}
    namespace: {{ .Release.Namespace }}
{{- end -}}

{{/*
The namespaces of rbac.secretNamespaces that do not exist, as JSON. None without a cluster, as in
`helm template`, where lookup finds nothing at all.
*/}}
{{- define "fabric-operator.missingNamespaces" -}}
{{- $missing := list -}}
{{- if lookup "v1" "Namespace" "" "default" -}}
{{- range .Values.rbac.secretNamespaces -}}
{{- if not (or (eq . $.Release.Namespace) (lookup "v1" "Namespace" "" .)) -}}
{{- $missing = append $missing . -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $missing -}}
{{- end -}}

{{/* An egress rule of a NetworkPolicy: .rule of the values, for each of .protocols. */}}
{{- define "fabric-operator.egress" -}}
- ports:
    {{- range $port := .rule.ports }}
    {{- range $.protocols }}
    - {port: {{ $port }}, protocol: {{ . }}}
    {{- end }}
    {{- end }}
  {{- with .rule.to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* Rules for the resources of users. */}}
{{- define "fabric-operator.users" -}}
# The operator never creates, rewrites or deletes users' resources: it patches finalizers and replaces status.
- apiGroups: [fabric.equinix.com]
  resources: [fabricconnections, serviceprofiles]
  verbs: [get, list, watch, patch]
- apiGroups: [fabric.equinix.com]
  resources: [connectionapprovals]
  verbs: [get, list, watch]
- apiGroups: [fabric.equinix.com]
  resources: [connectionapprovals/status, fabricconnections/status, serviceprofiles/status]
  verbs: [update]
{{- end -}}

{{/* Rules for publishing Events. */}}
{{- define "fabric-operator.events" -}}
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}
