{{- define "receiver.pod" -}}
metadata:
  labels:
    {{- include "receiver.labels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with include "receiver.annotations" (dict "root" . "own" .Values.podAnnotations) | trim }}
  {{- . | nindent 2 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "receiver.serviceAccountName" . }}
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .Values.dnsPolicy }}
  dnsPolicy: {{ . }}
  {{- end }}
  {{- with .Values.dnsConfig }}
  dnsConfig:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.hostAliases }}
  hostAliases:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- $security := .Values.podSecurityContext }}
  {{- if .Capabilities.APIVersions.Has "security.openshift.io/v1/SecurityContextConstraints" }}
  {{- $security = omit $security "runAsUser" "runAsGroup" "fsGroup" "fsGroupChangePolicy" }}
  {{- end }}
  {{- with $security }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- tpl (toYaml .Values.topologySpreadConstraints) . | nindent 4 }}
  {{- else if eq .Values.store.kind "postgres" }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "receiver.selector" . | nindent 10 }}
  {{- end }}
  {{- with .Values.initContainers }}
  initContainers:
    {{- tpl (toYaml .) $ | nindent 4 }}
  {{- end }}
  containers:
    - name: receiver
      image: {{ include "receiver.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args:
        - serve
        - --config
        - /etc/dingtalk-receiver/dingtalk-receiver.yml
        - --log-format
        - {{ .Values.logFormat }}
        - --log-level
        - {{ .Values.logLevel }}
        {{- with .Values.extraArgs }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      ports:
        - name: http
          containerPort: 8060
          protocol: TCP
      {{- with .Values.extraEnv }}
      env:
        {{- tpl (toYaml .) $ | nindent 8 }}
      {{- end }}
      {{- with .Values.envFrom }}
      envFrom:
        {{- tpl (toYaml .) $ | nindent 8 }}
      {{- end }}
      startupProbe:
        {{- include "receiver.probe" (dict "root" . "path" "/-/ready" "own" .Values.probes.startup) | nindent 8 }}
      readinessProbe:
        {{- include "receiver.probe" (dict "root" . "path" "/-/ready" "own" .Values.probes.readiness) | nindent 8 }}
      livenessProbe:
        {{- include "receiver.probe" (dict "root" . "path" "/-/healthy" "live" true "own" .Values.probes.liveness) | nindent 8 }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      {{- with .Values.securityContext }}
      securityContext:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      volumeMounts:
        # Whole folders, not single files: those would never change.
        - name: config
          mountPath: /etc/dingtalk-receiver
          readOnly: true
        {{- if include "receiver.secretName" . }}
        - name: secrets
          mountPath: /run/secrets/dingtalk-receiver
          readOnly: true
        {{- end }}
        - name: data
          mountPath: /var/lib/dingtalk-receiver
        - name: tmp
          mountPath: /tmp
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    {{- with .Values.sidecars }}
    {{- tpl (toYaml .) $ | nindent 4 }}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- tpl (toYaml .) $ | nindent 4 }}
  {{- end }}
  volumes:
    - name: config
      configMap:
        name: {{ include "receiver.fullname" . }}
        {{- if .Values.templates }}
        items:
          - { key: dingtalk-receiver.yml, path: dingtalk-receiver.yml }
          {{- range $name, $_ := .Values.templates }}
          - { key: {{ printf "template-%s" $name }}, path: {{ printf "templates/%s" $name }} }
          {{- end }}
        {{- end }}
    {{- with include "receiver.secretName" . }}
    - name: secrets
      secret:
        secretName: {{ . }}
        # 0440
        defaultMode: 288
    {{- end }}
    - name: tmp
      emptyDir:
        sizeLimit: 256Mi
    {{- if and (eq .Values.store.kind "sqlite") .Values.persistence.existingClaim }}
    - name: data
      persistentVolumeClaim:
        claimName: {{ tpl .Values.persistence.existingClaim . }}
    {{- else if eq .Values.store.kind "postgres" }}
    # Nothing is kept here; the database has it.
    - name: data
      emptyDir:
        sizeLimit: 64Mi
    {{- else if not .Values.persistence.enabled }}
    # What waits is lost with the pod.
    - name: data
      emptyDir: {}
    {{- end }}
    {{- with .Values.extraVolumes }}
    {{- tpl (toYaml .) $ | nindent 4 }}
    {{- end }}
{{- end }}

{{- define "receiver.probe" -}}
{{- $config := .root.Values.config -}}
{{- $kind := .root.Values.probes.kind -}}
{{- if eq $kind "auto" -}}
{{- $kind = ternary "exec" "http" (or (dig "tls" "client_ca" "" $config | not | not) (dig "admin" "protect" false $config | not | not)) -}}
{{- end -}}
{{- if eq $kind "exec" -}}
{{- if .live -}}
tcpSocket: { port: http }
{{- else -}}
exec:
  command: [dingtalk-receiver, health, --config, /etc/dingtalk-receiver/dingtalk-receiver.yml]
{{- end }}
{{- else -}}
httpGet: { path: {{ .path }}, port: http, scheme: {{ ternary "HTTPS" "HTTP" (hasKey $config "tls") }} }
{{- end }}
{{ toYaml .own }}
{{- end }}
