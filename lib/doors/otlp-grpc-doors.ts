import type { GrpcDoor } from './grpc-server.ts';
import type { Otlp, Signal } from './otlp.ts';

/** OTLP over gRPC: the export services of metrics and logs. */
export function otlpGrpcDoors(otlp: Otlp): GrpcDoor[] {
  const exporter = (signal: Signal, service: string): GrpcDoor => ({
    name: `otlp_grpc_${signal}`,
    path: `/opentelemetry.proto.collector.${signal}.v1.${service}/Export`,
    scope: `ingest:${signal}`,
    take: (bytes, guest, key) => otlp.protobuf(`otlp_grpc_${signal}`, signal, bytes, guest, key),
  });
  return [exporter('metrics', 'MetricsService'), exporter('logs', 'LogsService')];
}
