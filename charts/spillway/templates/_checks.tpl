{{/* What values must not say together; each line names the keys, and what to do. */}}
{{- define "spillway.checks" -}}
{{- include "spillway.checkKafka" . -}}
{{- include "spillway.checkScaling" . -}}
{{- include "spillway.checkPools" . -}}
{{- include "spillway.checkGrace" . -}}
{{- $models := .Values.models -}}
{{- if and (eq $models.source "claim") (not $models.claim) -}}
{{- fail "models.source is claim, but models.claim is empty: name the PersistentVolumeClaim." -}}
{{- end -}}
{{- if and (ne $models.source "claim") $models.claim -}}
{{- fail (printf "models.claim is set, but models.source is %s: set it claim, or leave models.claim out." $models.source) -}}
{{- end -}}
{{- end -}}

{{- define "spillway.checkKafka" -}}
{{- $kafka := .Values.kafka -}}
{{- $strimzi := .Values.strimzi -}}
{{- if not $kafka.brokers -}}
{{- fail "kafka.brokers is empty: name two or three brokers as host:port." -}}
{{- end -}}
{{- if and (not $kafka.tls.enabled) (or $kafka.tls.caSecret $kafka.tls.clientSecret) -}}
{{- fail "kafka.tls.caSecret or kafka.tls.clientSecret is set, but kafka.tls.enabled is false: set it true." -}}
{{- end -}}
{{- if ne (empty $kafka.sasl.mechanism) (empty $kafka.sasl.secret) -}}
{{- fail "kafka.sasl.mechanism and kafka.sasl.secret belong together: set both or neither." -}}
{{- end -}}
{{- if and (or $strimzi.topics.enabled $strimzi.users.enabled) (not $strimzi.cluster) -}}
{{- fail "strimzi.cluster is empty: name the Kafka that topics and users are for." -}}
{{- end -}}
{{- if $strimzi.users.enabled -}}
{{- if or $kafka.sasl.secret $kafka.tls.clientSecret -}}
{{- fail "strimzi.users.enabled makes a login for each program: leave kafka.sasl and kafka.tls.clientSecret out." -}}
{{- end -}}
{{- if and (eq $strimzi.users.authentication "tls") (not $kafka.tls.enabled) -}}
{{- fail "strimzi.users.authentication is tls, but kafka.tls.enabled is false: set it true." -}}
{{- end -}}
{{- if and $strimzi.namespace (ne $strimzi.namespace .Release.Namespace) -}}
{{- fail (printf "strimzi.namespace is %s: with strimzi.users.enabled it must be the release's, %s, since pods read Secrets of their own namespace only." $strimzi.namespace .Release.Namespace) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "spillway.checkScaling" -}}
{{- $mode := .Values.autoscaling.mode -}}
{{- $keda := .Values.autoscaling.keda -}}
{{- $workers := .Values.cpuWorkers -}}
{{- if gt (int $workers.min) (int $workers.max) -}}
{{- fail (printf "cpuWorkers.min is %v, more than cpuWorkers.max, %v." $workers.min $workers.max) -}}
{{- end -}}
{{- if and (ne $mode "none") (ne $workers.replicas nil) -}}
{{- fail (printf "cpuWorkers.replicas is set, but autoscaling.mode is %s, which decides it: leave it out, or set the mode none." $mode) -}}
{{- end -}}
{{- if gt (int (default $workers.max $workers.replicas)) (int .Values.topics.partitions.cpu) -}}
{{- fail (printf "cpuWorkers.max or cpuWorkers.replicas is more than topics.partitions.cpu, %v: the others would get no work." .Values.topics.partitions.cpu) -}}
{{- end -}}
{{- if and (ne $mode "keda") (or $keda.scalerAddress $keda.tls.enabled) -}}
{{- fail (printf "autoscaling.keda.scalerAddress or autoscaling.keda.tls is set, but autoscaling.mode is %s: nobody asks the scaler." $mode) -}}
{{- end -}}
{{- if and $keda.tls.enabled (not (and $keda.tls.serverSecret $keda.tls.clientSecret)) -}}
{{- fail "autoscaling.keda.tls.enabled needs autoscaling.keda.tls.serverSecret and autoscaling.keda.tls.clientSecret." -}}
{{- end -}}
{{- if and (not $keda.tls.enabled) (or $keda.tls.mutual $keda.tls.serverSecret $keda.tls.clientSecret) -}}
{{- fail "autoscaling.keda.tls.mutual or a Secret of it is set, but autoscaling.keda.tls.enabled is false: set it true." -}}
{{- end -}}
{{- end -}}

{{- define "spillway.checkPools" -}}
{{- $mode := .Values.autoscaling.mode -}}
{{- $names := list -}}
{{- $most := 0 -}}
{{- range $index, $pool := (include "spillway.pools" . | fromJson).pools -}}
{{- $key := printf "gpuWorkers.pools[%d]" $index -}}
{{- if has $pool.name $names -}}
{{- fail (printf "%s.name is %s, as that of a pool before it: each name stands once." $key $pool.name) -}}
{{- end -}}
{{- $names = append $names $pool.name -}}
{{- if gt (int $pool.nodesMin) (int $pool.nodesMax) -}}
{{- fail (printf "%s.nodesMin is %v, more than nodesMax, %v." $key $pool.nodesMin $pool.nodesMax) -}}
{{- end -}}
{{- if $pool.scale -}}
{{- if and (ne $mode "none") (hasKey $pool "replicas") -}}
{{- fail (printf "%s.replicas is set, but autoscaling.mode is %s, which decides it: leave it out, or leave scale out." $key $mode) -}}
{{- end -}}
{{- if not (or $pool.gpu.resource $pool.gpu.deviceClass) -}}
{{- fail (printf "%s.gpu says neither resource nor deviceClass: the scaler could not tell when a node's GPU is usable." $key) -}}
{{- end -}}
{{- $place := printf "%s.%s" $pool.scale.plural $pool.scale.group -}}
{{- if and (eq $pool.scale.group "karpenter.sh") $pool.scale.namespace -}}
{{- fail (printf "%s.scale.namespace is %s, but %s stand in none: leave it out." $key $pool.scale.namespace $place) -}}
{{- end -}}
{{- if and (ne $pool.scale.group "karpenter.sh") (not $pool.scale.namespace) (not $pool.nodeLabels) -}}
{{- fail (printf "%s.scale.namespace is missing, the namespace of that object of %s." $key $place) -}}
{{- end -}}
{{- if not (or $pool.nodeLabels (has $pool.scale.group (list "karpenter.sh" "cluster.x-k8s.io" "machine.openshift.io"))) -}}
{{- fail (printf "%s.nodeLabels is missing: which nodes %s makes is not known by itself." $key $place) -}}
{{- end -}}
{{- if gt (float64 (default 0 $pool.launchSeconds)) (float64 $pool.bootSeconds) -}}
{{- fail (printf "%s.launchSeconds is %v, more than bootSeconds, %v." $key $pool.launchSeconds $pool.bootSeconds) -}}
{{- end -}}
{{- if and $pool.scale.context (not $.Values.scaler.kubeconfigSecret) -}}
{{- fail (printf "%s.scale.context is set, but scaler.kubeconfigSecret is empty: name the Secret with the kubeconfig." $key) -}}
{{- end -}}
{{- end -}}
{{- $most = add $most (dig "replicas" (mul $pool.nodesMax $pool.workersPerNode) $pool) -}}
{{- end -}}
{{- if gt (int $most) (int .Values.topics.partitions.gpu) -}}
{{- fail (printf "gpuWorkers.pools may have %d workers in all, more than topics.partitions.gpu, %v: the others would get no work." $most .Values.topics.partitions.gpu) -}}
{{- end -}}
{{- end -}}

{{/* The defaults of the programs, 18 and 8 s, where nothing is said. */}}
{{- define "spillway.checkGrace" -}}
{{- range $program := list "dispatcher" "scaler" "gpuWorkers" "cpuWorkers" -}}
{{- $values := get $.Values $program -}}
{{- $given := list (dict "key" $program "settings" $values.settings) -}}
{{- if eq $program "gpuWorkers" -}}
{{- range $index, $pool := (include "spillway.pools" $ | fromJson).pools -}}
{{- $settings := deepCopy $values.settings -}}
{{- range $key, $value := $pool.settings -}}{{- $_ := set $settings $key $value -}}{{- end -}}
{{- $given = append $given (dict "key" (printf "gpuWorkers.pools[%d]" $index) "settings" $settings) -}}
{{- end -}}
{{- end -}}
{{- range $given -}}
{{- $seconds := addf (dig "drainSeconds" 18 .settings) (dig "closeSeconds" 8 .settings) -}}
{{- if ge (float64 $seconds) (float64 $values.terminationGracePeriodSeconds) -}}
{{- fail (printf "%s.terminationGracePeriodSeconds is %v: it must be more than drainSeconds and closeSeconds of %s.settings together, %v." $program $values.terminationGracePeriodSeconds .key $seconds) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
