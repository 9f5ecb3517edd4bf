{{- define "receiver.pod" -}}
metadata:
  labels:
    {{- include "receiver.labels" . | nindent 4 }}
spec:
  serviceAccountName: {{ include "receiver.name" . }}
  automountServiceAccountToken: false
  # It finishes the message under way, which takes at most 25 s.
  terminationGracePeriodSeconds: 30
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 1000
    runAsGroup: 1000
    fsGroup: 1000
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  {{- if eq .Values.store.kind "postgres" }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "receiver.selector" . | nindent 10 }}
  {{- end }}
  containers:
    - name: receiver
      image: {{ printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [serve, --config, /etc/dingtalk-receiver/dingtalk-receiver.yml, --log-format, json]
      ports:
        - name: http
          containerPort: 8060
          protocol: TCP
      {{- $scheme := "HTTP" }}
      {{- if .Values.config.tls }}
      {{- $scheme = "HTTPS" }}
      {{- end }}
      startupProbe:
        httpGet: { path: /-/ready, port: http, scheme: {{ $scheme }} }
        periodSeconds: 2
        failureThreshold: 60
      readinessProbe:
        httpGet: { path: /-/ready, port: http, scheme: {{ $scheme }} }
        periodSeconds: 5
        timeoutSeconds: 3
      livenessProbe:
        httpGet: { path: /-/healthy, port: http, scheme: {{ $scheme }} }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
      volumeMounts:
        # Whole folders, not single files: those would never change.
        - name: config
          mountPath: /etc/dingtalk-receiver
          readOnly: true
        - name: secrets
          mountPath: /run/secrets/dingtalk-receiver
          readOnly: true
        - name: data
          mountPath: /var/lib/dingtalk-receiver
        - name: tmp
          mountPath: /tmp
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
    {{- toYaml . | nindent 4 }}
  {{- end }}
  volumes:
    - name: config
      configMap:
        name: {{ include "receiver.name" . }}
    - name: secrets
      secret:
        secretName: {{ .Values.existingSecret }}
        # 0440
        defaultMode: 288
    - name: tmp
      emptyDir:
        sizeLimit: 256Mi
    {{- if eq .Values.store.kind "postgres" }}
    # Nothing is kept here; the database has it.
    - name: data
      emptyDir:
        sizeLimit: 64Mi
    {{- end }}
{{- end }}
