{{/*
A ScaledObject for one Deployment of workers. Why each line is as it is stands in keda/gpu-workers.yaml
of the project. Takes root, component, kind, pool (GPU workers only), name, min, max, slots, slotSpeed and
groups: among how many groups of workers of its kind the fallback shares what waits.
*/}}
{{- define "spillway.scaledObject" -}}
{{- $values := .root.Values -}}
{{- $keda := $values.autoscaling.keda -}}
{{- $fullname := include "spillway.fullname" .root -}}
{{- $address := printf "%s-scaler.%s.svc:9091" $fullname .root.Release.Namespace -}}
{{- $chunkSeconds := dig "chunkSeconds" 2 $values.scaler.settings -}}
{{- $priorities := list "live" "standard" "bulk" -}}
{{/* Chunks that one worker of each group computes in half of the time that they have. */}}
{{- $perWorker := dict -}}
{{- $terms := list -}}
{{- range $priorities -}}
{{- $seconds := get $values.objectives (printf "%sSeconds" .) -}}
{{- $chunks := divf (mulf $.groups $.slots $.slotSpeed $seconds) (mulf 2 $chunkSeconds) | ceil | int64 | max 1 -}}
{{- $_ := set $perWorker . $chunks -}}
{{- $terms = append $terms (printf "(%s ?? 0) / %d" . $chunks) -}}
{{- end -}}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: {{ .name }}
  labels: {{- include "spillway.labels" . | nindent 4 }}
spec:
  scaleTargetRef:
    name: {{ .name }}
  pollingInterval: {{ $keda.pollingIntervalSeconds }}
  cooldownPeriod: {{ $keda.cooldownSeconds }}
  minReplicaCount: {{ .min }}
  maxReplicaCount: {{ max 1 .max }}
  fallback:
    failureThreshold: {{ $keda.fallback.failureThreshold }}
    # The formula goes on without the trigger that failed; the number is not used, but must not be 0.
    behavior: scalingModifiers
    replicas: 1
  advanced:
    scalingModifiers:
      target: '1'
      metricType: AverageValue
      activationTarget: '0'
      formula: spillway ?? max({{ join " + " $terms }}, 1)
    horizontalPodAutoscalerConfig:
      behavior:
        {{- $hasTolerance := semverCompare ">=1.35.0-0" .root.Capabilities.KubeVersion.Version }}
        scaleUp:
          stabilizationWindowSeconds: 0
          {{- if $hasTolerance }}
          tolerance: '0'
          {{- end }}
          selectPolicy: Max
          policies:
            - { type: Pods, value: 1000, periodSeconds: 15 }
        # The policy has waited already: waiting again is paid for and gains nothing.
        scaleDown:
          stabilizationWindowSeconds: 0
          {{- if $hasTolerance }}
          tolerance: '0'
          {{- end }}
          selectPolicy: Max
          policies:
            - { type: Percent, value: 100, periodSeconds: 15 }
  triggers:
    - type: {{ $keda.trigger }}
      name: spillway
      metricType: AverageValue
      metadata:
        scalerAddress: {{ default $address $keda.scalerAddress | quote }}
        kind: {{ .kind }}
        {{- with .pool }}
        pool: {{ . | quote }}
        {{- end }}
        topicPrefix: {{ $values.topicPrefix | quote }}
        {{- if $keda.tls.enabled }}
        enableTLS: 'true'
        {{- end }}
      {{- if $keda.tls.enabled }}
      authenticationRef: { name: {{ $fullname }}-scaler }
      {{- end }}
    {{- $login := include "spillway.kedaLogin" .root | fromJson }}
    {{- range $priorities }}
    - type: kafka
      name: {{ . }}
      metricType: AverageValue
      metadata:
        bootstrapServers: {{ join "," $values.kafka.brokers | quote }}
        consumerGroup: {{ $values.topicPrefix }}dispatcher
        topic: {{ $values.topicPrefix }}intake.{{ . }}
        lagThreshold: {{ get $perWorker . | toString | quote }}
        allowIdleConsumers: 'true'
        limitToPartitionsWithLag: 'false'
        excludePersistentLag: 'false'
        offsetResetPolicy: earliest
        scaleToZeroOnInvalidOffset: 'false'
        {{- with $login.metadata }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- if $login.secrets }}
      authenticationRef: { name: {{ $fullname }}-kafka }
      {{- end }}
    {{- end }}
{{- end -}}

{{/* How KEDA logs in to Kafka, as JSON {metadata, secrets: [{parameter, name, key}]}. */}}
{{- define "spillway.kedaLogin" -}}
{{- $tls := .Values.kafka.tls -}}
{{- $own := include "spillway.kafkaSecrets" (dict "root" . "program" "keda") | fromJson -}}
{{- $words := dict "plain" "plaintext" "scram-sha-256" "scram_sha256" "scram-sha-512" "scram_sha512" -}}
{{- $metadata := dict -}}
{{- $secrets := list -}}
{{- if $tls.enabled -}}
{{- $_ := set $metadata "tls" "enable" -}}
{{- if $tls.caSecret -}}
{{- $secrets = append $secrets (dict "parameter" "ca" "name" $tls.caSecret "key" $tls.caKey) -}}
{{- end -}}
{{- with $own.client -}}
{{- $secrets = concat $secrets (list (dict "parameter" "cert" "name" .secret "key" .certKey) (dict "parameter" "key" "name" .secret "key" .keyKey)) -}}
{{- end -}}
{{- end -}}
{{- with $own.sasl -}}
{{- $_ := set $metadata "sasl" (get $words .mechanism) -}}
{{- $login := ternary (dict "parameter" "username" "name" (printf "%s-login" .username) "key" "username") (dict "parameter" "username" "name" .secret "key" .usernameKey) (hasKey . "username") -}}
{{- $secrets = concat $secrets (list $login (dict "parameter" "password" "name" .secret "key" .passwordKey)) -}}
{{- end -}}
{{- toJson (dict "metadata" $metadata "secrets" $secrets) -}}
{{- end -}}
