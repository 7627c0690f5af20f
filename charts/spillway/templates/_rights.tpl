{{/* What each program does on Kafka, and nothing else. Names follow the prefix. */}}
{{- define "spillway.rights" -}}
dispatcher:
  - { type: topic, names: [intake.live, intake.standard, intake.bulk], operations: [Read, Describe, DescribeConfigs] }
  - { type: topic, names: [gpu.live, gpu.standard, gpu.bulk, cpu.live, cpu.standard, cpu.bulk, demand], operations: [Write, Describe] }
  - { type: topic, names: [results, dead-letters, expired], operations: [Read, Write, Describe] }
  - { type: topic, names: [done, fleet, directive], operations: [Read, Describe] }
  - { type: group, names: [dispatcher], operations: [Read, Describe] }
  - { type: transactionalId, names: [dispatcher], operations: [Write, Describe] }
scaler:
  - { type: topic, names: [intake.live, intake.standard, intake.bulk], operations: [Describe] }
  - { type: topic, names: [fleet, demand, operator], operations: [Read, Describe] }
  - { type: topic, names: [directive], operations: [Read, Write, Describe] }
  - { type: group, names: [scaler], operations: [Read, Describe] }
  - { type: group, names: [dispatcher], operations: [Describe] }
  - { type: transactionalId, names: [scaler], operations: [Write, Describe] }
worker:
  - { type: topic, names: [gpu.live, gpu.standard, gpu.bulk, cpu.live, cpu.standard, cpu.bulk], operations: [Read, Describe] }
  - { type: topic, names: [done, fleet], operations: [Write, Describe] }
  - { type: group, names: [workers.gpu, workers.cpu], operations: [Read, Describe] }
topics:
  - { type: topic, pattern: prefix, names: [''], operations: [Create, Alter, Describe, DescribeConfigs, AlterConfigs, Read] }
  - { type: group, names: [dispatcher, workers.gpu, workers.cpu], operations: [Read, Describe] }
check:
  - { type: topic, names: [intake.live, intake.standard, intake.bulk], operations: [Describe] }
  - { type: topic, names: [fleet, demand, directive, operator], operations: [Read, Describe] }
  - { type: group, names: [dispatcher], operations: [Describe] }
keda:
  - { type: topic, names: [intake.live, intake.standard, intake.bulk], operations: [Describe] }
  - { type: group, names: [dispatcher], operations: [Describe] }
{{- end -}}
