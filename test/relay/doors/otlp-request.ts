import protobuf from 'protobufjs';

/** An export request as a client that knows nothing of this project writes it. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Point { fixed64 time_unix_nano = 3; double as_double = 4; }
  message Gauge { repeated Point data_points = 1; }
  message Metric { string name = 1; Gauge gauge = 5; }
  message Scope { repeated Metric metrics = 2; }
  message Resource { repeated Scope scope_metrics = 2; }
  message Request { repeated Resource resource_metrics = 1; }
`);
const REQUEST = root.lookupType('Request');

/** Gauges of one point each. @param metrics name, ms since the epoch, value */
export function metricsRequest(metrics: readonly (readonly [string, number, number])[]): Uint8Array {
  const written = metrics.map(([name, time, asDouble]) => ({
    name,
    gauge: { dataPoints: [{ timeUnixNano: `${time}000000`, asDouble }] },
  }));
  const message = { resourceMetrics: [{ scopeMetrics: [{ metrics: written }] }] };
  return REQUEST.encode(REQUEST.fromObject(message)).finish();
}
