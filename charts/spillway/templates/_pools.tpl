{{/*
The GPU pools as JSON {pools: […]}, complete: what a pool does not say is poolDefaults'. Replaced key by
key, since Helm's own merge takes 0 and false for nothing said.
*/}}
{{- define "spillway.pools" -}}
{{- $pools := list -}}
{{- range .Values.gpuWorkers.pools -}}
{{- $pool := deepCopy $.Values.gpuWorkers.poolDefaults -}}
{{- range $key, $value := . -}}{{- $_ := set $pool $key $value -}}{{- end -}}
{{- if and (not $pool.nodeSelector) $pool.scale -}}
{{- if eq $pool.scale.group "karpenter.sh" -}}
{{- $_ := set $pool "nodeSelector" (dict "karpenter.sh/nodepool" $pool.scale.name) -}}
{{- end -}}
{{- end -}}
{{- if and (not $pool.nodeLabels) $pool.scale -}}
{{- if not (has $pool.scale.group (list "karpenter.sh" "cluster.x-k8s.io" "machine.openshift.io")) -}}
{{- $_ := set $pool "nodeLabels" $pool.nodeSelector -}}
{{- end -}}
{{- end -}}
{{- $pools = append $pools $pool -}}
{{- end -}}
{{- toJson (dict "pools" $pools) -}}
{{- end -}}

{{/* SPILLWAY_POOLS: those whose nodes the scaler orders. */}}
{{- define "spillway.poolsJson" -}}
{{- $given := list -}}
{{- range $pool := (include "spillway.pools" . | fromJson).pools -}}
{{- if $pool.scale -}}
{{- $one := dict "pool" $pool.name "slotsPerNode" (mulf $pool.slots $pool.workersPerNode) -}}
{{- range list "nodesMin" "nodesMax" "pricePerHour" "workersPerNode" "bootSeconds" "slotSpeed" "scale" -}}
{{- $_ := set $one . (get $pool .) -}}
{{- end -}}
{{- range $key := list "launchSeconds" "drainSeconds" "nodeLabels" -}}
{{- with get $pool $key -}}{{- $_ := set $one $key . -}}{{- end -}}
{{- end -}}
{{- if $pool.gpu.driver -}}
{{- $_ := set $one "gpu" (dict "driver" $pool.gpu.driver) -}}
{{- else -}}
{{- $_ := set $one "gpu" (dict "resource" $pool.gpu.resource) -}}
{{- end -}}
{{- $taints := list -}}
{{- range $pool.tolerations -}}{{- with .key -}}{{- $taints = append $taints . -}}{{- end -}}{{- end -}}
{{- $_ := set $one "toleratedTaints" (uniq $taints) -}}
{{- $given = append $given $one -}}
{{- end -}}
{{- end -}}
{{- toJson $given -}}
{{- end -}}

{{/* SPILLWAY_REPLICAS: the Deployments whose replicas the scaler writes. */}}
{{- define "spillway.replicasJson" -}}
{{- $given := list -}}
{{- $fullname := include "spillway.fullname" . -}}
{{- range (include "spillway.pools" . | fromJson).pools -}}
{{- if .scale -}}
{{- $given = append $given (dict "kind" "gpu" "pool" .name "namespace" $.Release.Namespace "name" (printf "%s-gpu-worker-%s" $fullname .name)) -}}
{{- end -}}
{{- end -}}
{{- $given = append $given (dict "kind" "cpu" "namespace" .Release.Namespace "name" (printf "%s-cpu-worker" $fullname)) -}}
{{- toJson $given -}}
{{- end -}}
