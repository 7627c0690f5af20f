{{/*
What the program reads as text: lists between commas, and numbers as JSON writes them, since a template
would write a million as 1e+06, which no program takes.
*/}}
{{- define "spillway.settingText" -}}
{{- if kindIs "string" . -}}{{ . }}
{{- else if kindIs "slice" . -}}{{ join "," . }}
{{- else -}}{{ toJson . }}
{{- end -}}
{{- end -}}

{{/* laneHorizonSeconds: 3 becomes SPILLWAY_LANE_HORIZON_SECONDS "3". Takes the settings. */}}
{{- define "spillway.settings" -}}
{{- range $name, $value := . }}
- name: SPILLWAY_{{ snakecase $name | upper }}
  value: {{ include "spillway.settingText" $value | quote }}
{{- end -}}
{{- end -}}

{{/* How to reach Kafka, and what topics are called. Takes root and program: whose rights it has. */}}
{{- define "spillway.kafkaEnvironment" -}}
{{- $kafka := .root.Values.kafka -}}
{{- $secrets := include "spillway.kafkaSecrets" . | fromJson -}}
- name: KAFKA_BROKERS
  value: {{ join "," $kafka.brokers | quote }}
- name: SPILLWAY_TOPIC_PREFIX
  value: {{ .root.Values.topicPrefix | quote }}
- name: SPILLWAY_INLINE_MEBIBYTES
  value: {{ include "spillway.settingText" .root.Values.inlineMebibytes | quote }}
{{- if $kafka.tls.enabled }}
- name: KAFKA_TLS
  value: 'true'
{{- if $kafka.tls.caSecret }}
- name: KAFKA_TLS_CA_FILE
  value: /etc/spillway/kafka-ca/ca.crt
{{- end }}
{{- if $secrets.client }}
- name: KAFKA_TLS_CERT_FILE
  value: /etc/spillway/kafka-client/tls.crt
- name: KAFKA_TLS_KEY_FILE
  value: /etc/spillway/kafka-client/tls.key
{{- end }}
{{- end }}
{{- with $secrets.sasl }}
- name: KAFKA_SASL_MECHANISM
  value: {{ .mechanism }}
- name: KAFKA_SASL_USERNAME
  {{- if .username }}
  value: {{ .username | quote }}
  {{- else }}
  valueFrom:
    secretKeyRef: { name: {{ .secret }}, key: {{ .usernameKey }} }
  {{- end }}
- name: KAFKA_SASL_PASSWORD
  valueFrom:
    secretKeyRef: { name: {{ .secret }}, key: {{ .passwordKey }} }
{{- end }}
{{- end -}}

{{/*
Which Secrets hold the rights of a program: its own where Strimzi makes one for each, else the one of
the values. Takes root and program; gives JSON {client: {secret, certKey, keyKey}, sasl: {…}}.
*/}}
{{- define "spillway.kafkaSecrets" -}}
{{- $kafka := .root.Values.kafka -}}
{{- $users := .root.Values.strimzi.users -}}
{{- $own := printf "%s-%s" (include "spillway.fullname" .root) .program -}}
{{- $secrets := dict -}}
{{- if and $users.enabled (eq $users.authentication "tls") -}}
{{- $_ := set $secrets "client" (dict "secret" $own "certKey" "user.crt" "keyKey" "user.key") -}}
{{- else if $users.enabled -}}
{{- $_ := set $secrets "sasl" (dict "mechanism" "scram-sha-512" "secret" $own "username" $own "passwordKey" "password") -}}
{{- else -}}
{{- with $kafka.tls -}}
{{- if and .enabled .clientSecret -}}
{{- $_ := set $secrets "client" (dict "secret" .clientSecret "certKey" .certKey "keyKey" .keyKey) -}}
{{- end -}}
{{- end -}}
{{- with $kafka.sasl -}}
{{- if .mechanism -}}
{{- $_ := set $secrets "sasl" (dict "mechanism" .mechanism "secret" .secret "usernameKey" .usernameKey "passwordKey" .passwordKey) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $secrets -}}
{{- end -}}

{{/* Health and metrics on the pod's own address, so that nothing else of the node serves them. */}}
{{- define "spillway.httpEnvironment" -}}
- name: SPILLWAY_HTTP_ADDRESS
  valueFrom:
    fieldRef: { fieldPath: status.podIP }
- name: SPILLWAY_HTTP_PORT
  value: '9090'
{{- end -}}

{{/* For dispatcher and scaler, who must agree. */}}
{{- define "spillway.objectives" -}}
- name: SPILLWAY_OBJECTIVE_LIVE_SECONDS
  value: {{ include "spillway.settingText" .Values.objectives.liveSeconds | quote }}
- name: SPILLWAY_OBJECTIVE_STANDARD_SECONDS
  value: {{ include "spillway.settingText" .Values.objectives.standardSeconds | quote }}
- name: SPILLWAY_OBJECTIVE_BULK_SECONDS
  value: {{ include "spillway.settingText" .Values.objectives.bulkSeconds | quote }}
{{- end -}}
