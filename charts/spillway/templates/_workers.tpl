{{/*
A Deployment of workers. Takes root, component, kind, pool (GPU workers only), name, workers (its
values), settings, image, nodePool (as the fleet calls it), grace and replicas (null: somebody else's).
*/}}
{{- define "spillway.workerDeployment" -}}
{{- $values := .root.Values -}}
{{- $rights := dict "root" .root "program" "worker" -}}
{{- $workers := .workers -}}
{{- $models := $values.models -}}
{{- $gpu := default dict $workers.gpu -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}
  labels: {{- include "spillway.labels" . | nindent 4 }}
spec:
  {{- if ne .replicas nil }}
  replicas: {{ .replicas }}
  {{- end }}
  selector:
    matchLabels: {{- include "spillway.selector" . | nindent 6 }}
  template:
    metadata:
      labels: {{- include "spillway.labels" . | nindent 8 }}
      {{- with $workers.podAnnotations }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      # It asks the API server nothing, and decodes what strangers send.
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: {{ .grace }}
      {{- include "spillway.podDefaults" (dict "root" .root "program" $workers) | nindent 6 }}
      {{- with $workers.runtimeClassName }}
      runtimeClassName: {{ . }}
      {{- end }}
      {{- if eq .kind "cpu" }}
      {{- include "spillway.spread" . | nindent 6 }}
      {{- end }}
      {{- if $gpu.deviceClass }}
      resourceClaims:
        - { name: gpu, resourceClaimTemplateName: {{ .name }} }
      {{- end }}
      {{- if eq $models.source "copy" }}
      initContainers:
        - name: models
          image: {{ include "spillway.image" (dict "root" .root "image" $values.modelsImage) }}
          imagePullPolicy: {{ $values.modelsImage.pullPolicy }}
          command: [cp, -R, /models/., /var/lib/spillway/models/]
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: { drop: [ALL] }
          resources:
            requests: { cpu: 50m, memory: 32Mi }
            limits: { memory: 128Mi }
          volumeMounts:
            - { name: models, mountPath: /var/lib/spillway/models }
      {{- end }}
      containers:
        - name: worker
          image: {{ include "spillway.image" (dict "root" .root "image" .image) }}
          imagePullPolicy: {{ .image.pullPolicy }}
          command: [node, dist/services/worker/main.js]
          {{- include "spillway.containerDefaults" . | nindent 10 }}
          env:
            {{- include "spillway.kafkaEnvironment" $rights | nindent 12 }}
            {{- include "spillway.httpEnvironment" . | nindent 12 }}
            - name: SPILLWAY_WORKER_KIND
              value: {{ .kind }}
            - name: SPILLWAY_WORKER_POOL
              value: {{ .nodePool }}
            - name: SPILLWAY_WORKER_NODE
              valueFrom:
                fieldRef: { fieldPath: spec.nodeName }
            - name: SPILLWAY_WORKER_SLOTS
              value: {{ include "spillway.settingText" $workers.slots | quote }}
            {{- with $workers.emulated }}
            - name: SPILLWAY_EMULATED_SPEED
              value: {{ include "spillway.settingText" .speed | quote }}
            {{- with .executors }}
            - name: SPILLWAY_EMULATED_EXECUTORS
              value: {{ include "spillway.settingText" . | quote }}
            {{- end }}
            {{- end }}
            - name: SPILLWAY_MODEL_REPOSITORIES
              value: /var/lib/spillway/models
            {{- if $values.claims.claim }}
            - name: SPILLWAY_CLAIM_ROOT
              value: /var/lib/spillway/claims
            {{- end }}
            {{- with .settings }}
            {{- include "spillway.settings" . | nindent 12 }}
            {{- end }}
          ports:
            - { name: metrics, containerPort: 9090 }
          # Ready is: every model is loaded, in every slot. Kafka has a minute besides.
          {{- $loadSeconds := dig "modelLoadSeconds" 120 .settings }}
          {{- include "spillway.probes" (dict "startSeconds" (addf $loadSeconds 60)) | nindent 10 }}
          resources: {{- include "spillway.workerResources" $workers | nindent 12 }}
          volumeMounts:
            {{- include "spillway.kafkaMounts" $rights | nindent 12 }}
            - { name: models, mountPath: /var/lib/spillway/models, readOnly: true{{ if eq $models.source "imageVolume" }}, subPath: models{{ end }} }
            {{- if $values.claims.claim }}
            - { name: claims, mountPath: /var/lib/spillway/claims, readOnly: true }
            {{- end }}
      volumes:
        {{- include "spillway.kafkaVolumes" $rights | nindent 8 }}
        - name: models
          {{- if eq $models.source "copy" }}
          emptyDir: {}
          {{- else if eq $models.source "imageVolume" }}
          image:
            reference: {{ include "spillway.image" (dict "root" .root "image" $values.modelsImage) }}
            pullPolicy: {{ $values.modelsImage.pullPolicy }}
          {{- else }}
          persistentVolumeClaim: { claimName: {{ $models.claim }}, readOnly: true }
          {{- end }}
        {{- with $values.claims.claim }}
        - name: claims
          persistentVolumeClaim: { claimName: {{ . }} }
        {{- end }}
{{- end -}}

{{/* With the share of a GPU, whose request and limit must be the same. Takes a pool. */}}
{{- define "spillway.workerResources" -}}
{{- $resources := deepCopy .resources -}}
{{- $gpu := default dict .gpu -}}
{{- if $gpu.resource -}}
{{- $limits := default dict $resources.limits -}}
{{- $_ := set $limits $gpu.resource (default 1 $gpu.count) -}}
{{- $_ := set $resources "limits" $limits -}}
{{- else if $gpu.deviceClass -}}
{{- $_ := set $resources "claims" (list (dict "name" "gpu")) -}}
{{- end -}}
{{- toYaml $resources -}}
{{- end -}}
