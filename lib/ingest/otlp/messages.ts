/** The messages of proto/otlp as they are decoded: what is not set is the default, or undefined where there is none. */
export interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: number;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values: readonly AnyValue[] };
  readonly kvlistValue?: { readonly values: readonly KeyValue[] };
  readonly bytesValue?: Uint8Array;
}

export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue | null;
}

export interface Resource {
  readonly attributes: readonly KeyValue[];
}

export interface Scope {
  readonly name: string;
  readonly version: string;
}

interface Point {
  readonly attributes: readonly KeyValue[];
  readonly timeUnixNano: number;
  readonly flags: number;
}

export interface NumberPoint extends Point {
  readonly asDouble: number;
  readonly asInt: number;
}

export interface HistogramPoint extends Point {
  readonly count: number;
  readonly sum: number;
  readonly bucketCounts: readonly number[];
  readonly explicitBounds: readonly number[];
}

export interface Buckets {
  readonly offset: number;
  readonly bucketCounts: readonly number[];
}

export interface ExponentialPoint extends Point {
  readonly count: number;
  readonly sum: number;
  readonly scale: number;
  readonly zeroCount: number;
  readonly zeroThreshold: number;
  readonly positive: Buckets | null;
  readonly negative: Buckets | null;
}

export interface SummaryPoint extends Point {
  readonly count: number;
  readonly sum: number;
  readonly quantileValues: readonly { readonly quantile: number; readonly value: number }[];
}

/** 1 delta, 2 cumulative. */
export type Temporality = number;

export interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly gauge: { readonly dataPoints: readonly NumberPoint[] } | null;
  readonly sum: {
    readonly dataPoints: readonly NumberPoint[];
    readonly aggregationTemporality: Temporality;
    readonly isMonotonic: boolean;
  } | null;
  readonly histogram: {
    readonly dataPoints: readonly HistogramPoint[];
    readonly aggregationTemporality: Temporality;
  } | null;
  readonly exponentialHistogram: {
    readonly dataPoints: readonly ExponentialPoint[];
    readonly aggregationTemporality: Temporality;
  } | null;
  readonly summary: { readonly dataPoints: readonly SummaryPoint[] } | null;
}

export interface MetricsRequest {
  readonly resourceMetrics: readonly {
    readonly resource: Resource | null;
    readonly scopeMetrics: readonly { readonly scope: Scope | null; readonly metrics: readonly Metric[] }[];
  }[];
}

export interface LogRecord {
  readonly timeUnixNano: number;
  readonly observedTimeUnixNano: number;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: AnyValue | null;
  readonly attributes: readonly KeyValue[];
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly eventName: string;
}

export interface LogsRequest {
  readonly resourceLogs: readonly {
    readonly resource: Resource | null;
    readonly scopeLogs: readonly { readonly scope: Scope | null; readonly logRecords: readonly LogRecord[] }[];
  }[];
}
