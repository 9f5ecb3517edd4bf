{{- define "receiver.name" -}}
{{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "receiver.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{ .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "receiver.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "receiver.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ default "default" .Values.serviceAccount.name }}
{{- end -}}
{{- end }}

{{- define "receiver.secretName" -}}
{{- if .Values.existingSecret -}}
{{ tpl .Values.existingSecret . }}
{{- else if .Values.secrets -}}
{{ include "receiver.fullname" . }}
{{- end -}}
{{- end }}

{{- define "receiver.image" -}}
{{- $name := .Values.image.repository -}}
{{- if .Values.image.registry -}}
{{- $name = printf "%s/%s" .Values.image.registry .Values.image.repository -}}
{{- end -}}
{{- if .Values.image.digest -}}
{{ printf "%s@%s" $name .Values.image.digest }}
{{- else -}}
{{ printf "%s:%s" $name (.Values.image.tag | default .Chart.AppVersion) }}
{{- end -}}
{{- end }}

{{- define "receiver.selector" -}}
app.kubernetes.io/name: {{ include "receiver.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "receiver.labels" -}}
{{ include "receiver.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* The annotations of an object: those of all, and its own. */ -}}
{{- define "receiver.annotations" -}}
{{- with mergeOverwrite (deepCopy .root.Values.commonAnnotations) (.own | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Refuses values that cannot work. */ -}}
{{- define "receiver.validate" -}}
{{- if not .Values.config.robots }}
{{- fail "\n\nconfig.robots is empty: name at least one DingTalk robot, such as\n\n  config:\n    robots:\n      ops-1:\n        webhook: { file: /run/secrets/dingtalk-receiver/ops-1-webhook }\n    channels:\n      ops: { robots: [ops-1] }\n\nand its webhook in `secrets` or `existingSecret`." }}
{{- end }}
{{- if not .Values.config.channels }}
{{- fail "\n\nconfig.channels is empty: name at least one channel, such as\n\n  config:\n    channels:\n      ops: { robots: [ops-1] }\n" }}
{{- end }}
{{- if and .Values.existingSecret .Values.secrets }}
{{- fail "\n\nexistingSecret and secrets are both set: the pod mounts one of them." }}
{{- end }}
{{- if and (eq .Values.store.kind "sqlite") (gt (int .Values.replicaCount) 1) }}
{{- fail "\n\nreplicaCount is more than 1, but one process holds the file of store.kind sqlite: set store.kind to postgres." }}
{{- end }}
{{- if and (eq .Values.store.kind "postgres") (not (include "receiver.secretName" .)) }}
{{- fail (printf "\n\nstore.kind is postgres: put the database's address into the key %q of `secrets` or of `existingSecret`." .Values.store.urlKey) }}
{{- end }}
{{- end }}
