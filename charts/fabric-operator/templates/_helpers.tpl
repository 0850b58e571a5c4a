{{/* Name of all objects: the release's name, if that contains the chart's. */}}
{{- define "fabric-operator.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 45 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 45 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The labels that select the Pods of this release. */}}
{{- define "fabric-operator.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
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
    name: {{ include "fabric-operator.fullname" . }}
    namespace: {{ .Release.Namespace }}
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
