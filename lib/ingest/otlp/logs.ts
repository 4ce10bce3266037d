import { Batch } from '../batch.ts';
import { textOf } from './attributes.ts';
import type { KeyValue, LogRecord, LogsRequest, Scope } from './messages.ts';

/** OpenTelemetry's severities in steps of four, from trace. */
const SEVERITIES = ['debug', 'debug', 'info', 'warning', 'error', 'fatal'];
/** Stand on the line itself, not among its fields. */
const OWN: ReadonlySet<string> = new Set(['service.name', 'host.name']);

/** An ExportLogsServiceRequest as lines, in ECS names. The index of a line counts log records. @throws HeliographError HG_DOOR_BODY */
export function readOtlpLogs(request: LogsRequest): Batch {
  const batch = new Batch();
  let index = 0;
  for (const { resource, scopeLogs } of request.resourceLogs) {
    const attributes = resource?.attributes ?? [];
    const service = find(attributes, 'service.name');
    const host = find(attributes, 'host.name');
    const common = attributes.filter(({ key }) => !OWN.has(key)).map(pair);
    const characters = common.reduce((sum, [name, text]) => sum + name.length + text.length, 0);
    for (const { scope, logRecords } of scopeLogs) {
      for (const record of logRecords) {
        batch.repeatFields(common.length, characters);
        batch.lines.push({
          index: index++,
          time: timeOf(record),
          level: levelOf(record),
          service,
          host,
          message: textOf(record.body),
          fields: Object.fromEntries([...common, ...record.attributes.map(pair), ...facts(record, scope)]),
        });
      }
    }
  }
  return batch;
}

function timeOf({ timeUnixNano, observedTimeUnixNano }: LogRecord): number {
  const nanos = timeUnixNano > 0 ? timeUnixNano : observedTimeUnixNano;
  return nanos > 0 ? nanos / 1e6 : Number.NaN;
}

function levelOf({ severityNumber, severityText }: LogRecord): string {
  if (severityNumber >= 1 && severityNumber <= 24) return SEVERITIES[(severityNumber - 1) >> 2]!;
  return severityText;
}

function facts(record: LogRecord, scope: Scope | null): [string, string][] {
  const found: [string, string][] = [];
  if (record.traceId.length > 0) found.push(['trace.id', hex(record.traceId)]);
  if (record.spanId.length > 0) found.push(['span.id', hex(record.spanId)]);
  if (record.eventName !== '') found.push(['event.name', record.eventName]);
  if (scope && scope.name !== '') found.push(['log.logger', scope.name]);
  return found;
}

function hex(bytes: Iterable<number>): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function find(attributes: readonly KeyValue[], key: string): string {
  return textOf(attributes.find((one) => one.key === key)?.value ?? null);
}

function pair({ key, value }: KeyValue): [string, string] {
  return [key, textOf(value)];
}
