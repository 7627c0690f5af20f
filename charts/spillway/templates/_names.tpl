{{- define "spillway.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 30 | trimSuffix "-" -}}
{{- end -}}

{{/* Short, so that the longest name that is made of it, a worker's with its pool, has at most 63 letters. */}}
{{- define "spillway.fullname" -}}
{{- $name := include "spillway.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 30 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 30 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 30 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "spillway.releaseLabels" -}}
app.kubernetes.io/name: {{ include "spillway.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* By which a program's pods are found. Takes root, component and, of a GPU pool, pool. */}}
{{- define "spillway.selector" -}}
{{ include "spillway.releaseLabels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- with .pool }}
spillway/pool: {{ . }}
{{- end }}
{{- end -}}

{{/* Takes what spillway.selector takes. */}}
{{- define "spillway.labels" -}}
{{ include "spillway.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "spillway.scalerAccount" -}}
{{- default (printf "%s-scaler" (include "spillway.fullname" .)) .Values.scaler.serviceAccount.name -}}
{{- end -}}

{{/* Takes root and image: one of the three of the values. */}}
{{- define "spillway.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ default .root.Chart.AppVersion .image.tag }}
{{- end -}}
{{- end -}}
