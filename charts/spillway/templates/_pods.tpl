{{/* What all pods of ours have in common. Takes root and program: the values of the program. */}}
{{- define "spillway.podDefaults" -}}
# A Service called spillway-… would put variables with our prefix into every container.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .program }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "spillway.containerDefaults" -}}
workingDir: /opt/spillway
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end -}}

{{/* Apart from each other as far as there is room. Takes what spillway.selector takes. */}}
{{- define "spillway.spread" -}}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - topologyKey: {{ . }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "spillway.selector" $ | nindent 8 }}
  {{- end }}
{{- end -}}

{{/* Takes startSeconds: the longest that a start may take. */}}
{{- define "spillway.probes" -}}
startupProbe:
  httpGet: { path: /readyz, port: metrics }
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: {{ divf .startSeconds 2 | ceil | int }}
readinessProbe:
  httpGet: { path: /readyz, port: metrics }
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 2
livenessProbe:
  httpGet: { path: /healthz, port: metrics }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
{{- end -}}

{{/* Takes root and program: whose rights on Kafka it has. */}}
{{- define "spillway.kafkaMounts" -}}
{{- $tls := .root.Values.kafka.tls -}}
{{- $secrets := include "spillway.kafkaSecrets" . | fromJson -}}
- { name: tmp, mountPath: /tmp }
{{- if and $tls.enabled $tls.caSecret }}
- { name: kafka-ca, mountPath: /etc/spillway/kafka-ca, readOnly: true }
{{- end }}
{{- if $secrets.client }}
- { name: kafka-client, mountPath: /etc/spillway/kafka-client, readOnly: true }
{{- end }}
{{- end -}}

{{/* Takes what spillway.kafkaMounts takes. */}}
{{- define "spillway.kafkaVolumes" -}}
{{- $tls := .root.Values.kafka.tls -}}
{{- $secrets := include "spillway.kafkaSecrets" . | fromJson -}}
- name: tmp
  emptyDir: { sizeLimit: 1Gi }
{{- if and $tls.enabled $tls.caSecret }}
- name: kafka-ca
  secret:
    secretName: {{ $tls.caSecret }}
    items: [{ key: {{ $tls.caKey }}, path: ca.crt }]
{{- end }}
{{- with $secrets.client }}
- name: kafka-client
  secret:
    secretName: {{ .secret }}
    items:
      - { key: {{ .certKey }}, path: tls.crt }
      - { key: {{ .keyKey }}, path: tls.key }
{{- end }}
{{- end -}}

{{- define "spillway.prefetchDefaults" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
resources:
  requests: { cpu: 1m, memory: 48Mi }
  limits: { memory: 96Mi }
{{- end -}}
