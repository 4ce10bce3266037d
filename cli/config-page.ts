import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { collectorConfig } from '../collector/node/config.ts';
import { coreConfig } from '../core/config.ts';
import { watchFile } from '../core/watch/watch-file.ts';
import { configTable } from '../lib/config/document.ts';
import { relayConfig } from '../relay/config.ts';

const TIERS: readonly [string, string, z.ZodType][] = [
  ['Collector', 'collector/node/config.ts', collectorConfig],
  ['Relay', 'relay/config.ts', relayConfig],
  ['Core', 'core/config.ts', coreConfig],
  ['Watch', 'core/watch/watch-file.ts', watchFile],
];

/** Of a watch as of a core: it is one, to which no relay connects. */
const CORE_AND_WATCH = {
  tls: 'core/tls-files.ts',
  watch: 'core/watch/config.ts',
  alerts: 'core/alerts/config.ts',
  'alerts.canary': 'core/alerts/canary/config.ts',
  'alerts.hosts': 'core/alerts/inventory/config.ts',
  'alerts.hosts.maintenance': 'core/alerts/inventory/config.ts',
  'alerts.lease': 'core/alerts/lease/config.ts',
  'alerts.logs': 'core/alerts/logs/config.ts',
  'alerts.notify': 'core/alerts/notify/config.ts',
  'alerts.notify.alertmanagers': 'lib/alerts/http-receiver.ts',
  'alerts.notify.receivers': 'core/alerts/notify/receivers/config.ts',
  'alerts.notify.receivers.webhook': 'lib/alerts/http-receiver.ts',
  'alerts.rules': 'core/alerts/rules/config.ts',
  'alerts.tiers': 'core/watch/tiers-config.ts',
};
/** Sections that have a schema in a file of their own, or in several. */
const SECTIONS: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>> = {
  Collector: {
    relays: 'collector/node/relay-address.ts',
    processes: 'collector/node/process-groups-schema.ts',
    applications: 'collector/node/applications-config.ts',
    'applications.statsd': 'collector/node/statsd/config.ts',
    'applications.statsd.unix': 'collector/node/socket-schema.ts',
    'applications.otlp': 'collector/node/otlp/config.ts',
    'applications.otlp.limits': 'collector/node/doors/limits-schema.ts',
    'applications.ingest': ['collector/node/socket-schema.ts', 'collector/node/ingest/config.ts'],
    'applications.ingest.limits': 'collector/node/doors/limits-schema.ts',
    'applications.scrape': 'collector/node/scrape/config.ts',
    relabel: 'lib/relabel/schema.ts',
    relabelLogs: 'lib/relabel/schema.ts',
    mask: 'lib/mask/mask-schema.ts',
    logRoutes: 'lib/log-lines/route-schema.ts',
    snmp: 'collector/node/snmp/config.ts',
    'snmp.budget': 'collector/node/snmp/budget-schema.ts',
    'snmp.devices': 'collector/node/snmp/device-schema.ts',
    'snmp.devices.budget': 'collector/node/snmp/budget-schema.ts',
    'logs.multiline': 'collector/node/logs/multiline-config.ts',
    containers: 'collector/node/logs/containers-config.ts',
    'containers.multiline': 'collector/node/logs/multiline-config.ts',
    journald: 'collector/node/logs/journald-config.ts',
    kernelLog: 'collector/node/logs/kernel-log-config.ts',
    syslog: 'collector/node/logs/syslog-config.ts',
  },
  Relay: {
    watch: 'lib/watch/config.ts',
    doors: 'relay/doors/config.ts',
    'doors.mask': 'lib/mask/mask-schema.ts',
    'doors.syslog': 'relay/doors/syslog/config.ts',
    'doors.mqttJson': 'relay/doors/mqtt-json/config.ts',
    cardinality: 'lib/limits/config.ts',
    'rules.notify.webhooks': 'lib/alerts/http-receiver.ts',
    'rules.notify.alertmanagers': 'lib/alerts/http-receiver.ts',
  },
  Watch: CORE_AND_WATCH,
  Core: {
    ...CORE_AND_WATCH,
    peers: 'core/roles.ts',
    'push.tls': 'core/tls-files.ts',
    'push.mask': 'lib/mask/mask-schema.ts',
    rollups: 'core/rollup/config.ts',
    cardinality: 'lib/limits/config.ts',
    kafka: 'core/engines/kafka/config.ts',
    opensearch: 'core/engines/opensearch/config.ts',
    s3: 'core/engines/s3/config.ts',
    victoriametrics: 'core/engines/victoriametrics/config.ts',
    indexer: 'core/indexer/pipeline/config.ts',
    'victoriametrics.year': 'core/engines/victoriametrics/year/config.ts',
  },
};
const textOf = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

/** docs/configuration.md as the schemas have it now. */
export function configPage(): string {
  const sections = TIERS.map(([name, file, schema]) => {
    const sections = Object.entries(SECTIONS[name] ?? {}).map(([key, parts]) => [
      key,
      [parts].flat().map(textOf).join('\n'),
    ]);
    const words = Object.fromEntries(sections) as Record<string, string>;
    return `## ${name}\n\n\`heliograph ${name.toLowerCase()} --config ${name.toLowerCase()}.yaml\`\n\n${configTable(schema, textOf(file), words)}`;
  });
  return `# Configuration

Each tier reads one YAML file. An unknown key, a wrong type or a missing value is refused with the line, the value and the
fix; \`heliograph check-config FILE\` tells without starting anything. \`npm start\` writes three good examples to
\`data/config/\`. Durations are written as \`250ms\`, \`10s\`, \`5m\`, \`1h\`, \`15d\`, sizes as \`64MiB\`, \`2GiB\`, addresses as
\`host:port\`. This page is made from the schemas: \`npm run docs\`.

${sections.join('\n')}`;
}
