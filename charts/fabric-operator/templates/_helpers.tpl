{{/* Name of everything that is installed: the release's, if it says what it is. */}}
{{- define "fabric-operator.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 45 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 45 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What tells the Pods of this release from all others. */}}
{{- define "fabric-operator.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* The version of the chart is not among them: it would rewrite every object for nothing. */}}
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

{{/* Where /livez, /readyz and /metrics are served. */}}
{{- define "fabric-operator.port" -}}8481{{- end -}}

{{/* The operator, as the subject of a binding. */}}
{{- define "fabric-operator.subjects" -}}
subjects:
  - kind: ServiceAccount
    name: {{ include "fabric-operator.fullname" . }}
    namespace: {{ .Release.Namespace }}
{{- end -}}

{{/* A rule of a NetworkPolicy: .rule of the values for each of .protocols. */}}
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

{{/* Rules about what its users make. */}}
{{- define "fabric-operator.users" -}}
# It never creates, rewrites or deletes its users' resources: patch is for finalizers and for status.
- apiGroups: [fabric.equinix.com]
  resources: [fabricconnections, serviceprofiles]
  verbs: [get, list, watch, patch]
- apiGroups: [fabric.equinix.com]
  resources: [connectionapprovals]
  verbs: [get, list, watch]
- apiGroups: [fabric.equinix.com]
  resources: [connectionapprovals/status, fabricconnections/status, serviceprofiles/status]
  verbs: [patch]
{{- end -}}

{{/* Rules about telling what happened. */}}
{{- define "fabric-operator.events" -}}
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}
