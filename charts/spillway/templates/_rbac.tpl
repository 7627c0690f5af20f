{{/* The pools whose objects (`sized`) and whose nodes (`nodes`) are in this cluster, as JSON. */}}
{{- define "spillway.ownPools" -}}
{{- $sized := list -}}
{{- $nodes := list -}}
{{- range (include "spillway.pools" . | fromJson).pools -}}
{{- if .scale -}}
{{- if not .scale.context -}}{{- $sized = append $sized . -}}{{- end -}}
{{- if not (dig "nodesContext" .scale.context .scale) -}}{{- $nodes = append $nodes . -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson (dict "sized" $sized "nodes" $nodes) -}}
{{- end -}}

{{/* Whether the scaler asks the API server anything; empty: no. */}}
{{- define "spillway.asksServer" -}}
{{- $own := include "spillway.ownPools" . | fromJson -}}
{{- if or $own.sized $own.nodes (eq .Values.autoscaling.mode "writer") -}}true{{- end -}}
{{- end -}}

{{/*
What the drivers of the pools ask for, of the pools in one namespace (or in none). Takes pools and
namespace.
*/}}
{{- define "spillway.poolRules" -}}
{{- $namespace := .namespace -}}
{{- $kinds := dict -}}
{{- range .pools -}}
{{- if eq (default "" .scale.namespace) $namespace -}}
{{- $key := printf "%s/%s" .scale.group .scale.plural -}}
{{- $_ := set $kinds $key (append (get $kinds $key | default list) .scale.name) -}}
{{- end -}}
{{- end -}}
{{- $hasMachines := dict -}}
{{- range $key, $names := $kinds }}
{{- $group := dir $key }}
{{- $plural := base $key }}
# What people and controllers say on the pools' objects. (Names cannot bound a list.)
- apiGroups: [{{ $group }}]
  resources: [{{ $plural }}]
  verbs: [list, watch]
# Their sizes.
- apiGroups: [{{ $group }}]
  resources: [{{ $plural }}/scale]
  resourceNames: {{ toJson (uniq $names) }}
  verbs: [get, update]
{{- if eq $group "karpenter.sh" }}
# How far a node that was ordered has come.
- apiGroups: [karpenter.sh]
  resources: [nodeclaims]
  verbs: [list, watch]
{{- else if and (has $group (list "cluster.x-k8s.io" "machine.openshift.io")) (not (hasKey $hasMachines $group)) }}
{{- $_ := set $hasMachines $group true }}
# How far a node that was ordered has come; patched to say which one goes first.
- apiGroups: [{{ $group }}]
  resources: [machines]
  verbs: [list, watch, patch]
{{- end }}
{{- end }}
{{- end -}}
