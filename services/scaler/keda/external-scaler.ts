import { fromJSON } from '@grpc/proto-loader';
import type { AnyDefinition, PackageDefinition, ServiceDefinition } from '@grpc/proto-loader';

/**
 * KEDA's contract with external scalers (package `externalscaler`), as it travels: names, numbers and
 * types are KEDA's. It stands here as data, since the build copies no `.proto` files.
 */

/** Who asks, and the metadata of its trigger. */
export interface ScaledObjectRef {
  readonly name: string;
  readonly namespace: string;
  readonly scalerMetadata: Readonly<Record<string, string>>;
}

export interface GetMetricsRequest {
  /** `null`: the caller left it out. */
  readonly scaledObjectRef: ScaledObjectRef | null;
  /** As `GetMetricSpec` told it, without the number of the trigger that KEDA puts before it. */
  readonly metricName: string;
}

export interface IsActiveResponse {
  readonly result: boolean;
}

export interface MetricSpec {
  readonly metricName: string;
  /** For KEDA before 2.9, which knows no other. */
  readonly targetSize: number;
  readonly targetSizeFloat: number;
}

export interface GetMetricSpecResponse {
  readonly metricSpecs: readonly MetricSpec[];
}

export interface MetricValue {
  readonly metricName: string;
  /** Read where the other is 0: both are always told. */
  readonly metricValue: number;
  readonly metricValueFloat: number;
}

export interface GetMetricsResponse {
  readonly metricValues: readonly MetricValue[];
}

const methods = [
  'IsActive',
  'StreamIsActive',
  'GetMetricSpec',
  'GetMetrics',
  'StreamMetricSpec',
] as const;
export type ExternalScalerMethod = (typeof methods)[number];

export const externalScalerName = 'externalscaler.ExternalScaler';

/** A map, for which the type of fields has no word. */
const metadataField = { keyType: 'string', type: 'string', id: 3 };

const contract: Parameters<typeof fromJSON>[0] = {
  nested: {
    externalscaler: {
      nested: {
        ExternalScaler: {
          methods: {
            IsActive: {
              requestType: 'ScaledObjectRef',
              responseType: 'IsActiveResponse',
              comment: '',
            },
            StreamIsActive: {
              requestType: 'ScaledObjectRef',
              responseType: 'IsActiveResponse',
              responseStream: true,
              comment: 'At once and at each change.',
            },
            GetMetricSpec: {
              requestType: 'ScaledObjectRef',
              responseType: 'GetMetricSpecResponse',
              comment: '',
            },
            GetMetrics: {
              requestType: 'GetMetricsRequest',
              responseType: 'GetMetricsResponse',
              comment: '',
            },
            StreamMetricSpec: {
              requestType: 'ScaledObjectRef',
              responseType: 'GetMetricSpecResponse',
              responseStream: true,
              comment: 'Asked by KEDA from 2.21 on.',
            },
          },
        },
        ScaledObjectRef: {
          fields: {
            name: { type: 'string', id: 1 },
            namespace: { type: 'string', id: 2 },
            scalerMetadata: metadataField,
          },
        },
        IsActiveResponse: { fields: { result: { type: 'bool', id: 1 } } },
        GetMetricSpecResponse: {
          fields: { metricSpecs: { rule: 'repeated', type: 'MetricSpec', id: 1 } },
        },
        MetricSpec: {
          fields: {
            metricName: { type: 'string', id: 1 },
            targetSize: { type: 'int64', id: 2 },
            targetSizeFloat: { type: 'double', id: 3 },
          },
        },
        GetMetricsRequest: {
          fields: {
            scaledObjectRef: { type: 'ScaledObjectRef', id: 1 },
            metricName: { type: 'string', id: 2 },
          },
        },
        GetMetricsResponse: {
          fields: { metricValues: { rule: 'repeated', type: 'MetricValue', id: 1 } },
        },
        MetricValue: {
          fields: {
            metricName: { type: 'string', id: 1 },
            metricValue: { type: 'int64', id: 2 },
            metricValueFloat: { type: 'double', id: 3 },
          },
        },
      },
    },
  },
};

/** The contract as a gRPC server and client take it. */
export function externalScalerService(): ServiceDefinition {
  const definitions: PackageDefinition = fromJSON(contract, {
    keepCase: true,
    longs: Number,
    defaults: true,
  });
  const service = definitions[externalScalerName];
  if (service === undefined || !isService(service))
    throw new Error('the contract holds no service');
  return service;
}

/** Messages say their format, services do not. */
const isService = (definition: AnyDefinition): definition is ServiceDefinition =>
  !('format' in definition);
