import { z } from 'zod';
import { address } from '../lib/config/duration.ts';

/** What a process of the core does: take data from relays and doors; bring lines from the bus into the log store; evaluate rules and tell people; answer people. */
export const ROLES = ['gateway', 'indexer', 'alerts', 'console'] as const;
export type Role = (typeof ROLES)[number];

/** Whether a process of these roles has samples that come from nowhere else: what relays and doors bring, and what rules give. */
export function takesSamples(roles: readonly Role[]): boolean {
  return roles.includes('gateway') || roles.includes('alerts');
}

/** All roles in one process unless stated. */
export const rolesConfig = z
  .array(z.enum(ROLES))
  .min(1)
  .default([...ROLES]);

/** The other processes of one core, where its roles are split. */
export const peersConfig = z.strictObject({
  /** Where the console of this core asks what this process knows: mutual TLS, certificates of role core only. */
  listen: address().optional(),
  /** A console's: the `peers.listen` of every other process of this core. Of a process with the role alerts: those of the gateways, whose hosts it looks after, and of the indexers, whose lines rules over log lines look at. */
  ask: z.array(address()).default([]),
});

interface Split {
  readonly roles: readonly Role[];
  readonly peers: z.output<typeof peersConfig>;
  readonly metrics: string;
  readonly bus: string;
  readonly logs: string;
}

/** Why these roles cannot be split so: the key and what to write. Embedded stores belong to one process. */
export function splitProblems({ roles, peers, metrics, bus, logs }: Split): { key: string; message: string }[] {
  const has = (role: Role) => roles.includes(role);
  const problems: { key: string; message: string }[] = [];
  const refuse = (key: string, message: string) => problems.push({ key, message });
  if (has('gateway') !== has('indexer') && bus !== 'kafka') {
    refuse('bus', 'gateway and indexer in different processes need bus: kafka between them');
  } else if (has('alerts') && !has('gateway') && bus !== 'kafka') {
    refuse('bus', 'gateway and alerts in different processes need bus: kafka, which brings what relays found');
  }
  if (has('gateway') !== has('console') && metrics !== 'victoriametrics') {
    refuse('metrics', 'gateway and console in different processes need metrics: victoriametrics, which both reach');
  } else if (has('alerts') && !has('gateway') && metrics !== 'victoriametrics') {
    refuse('metrics', 'gateway and alerts in different processes need metrics: victoriametrics, which both reach');
  }
  if (has('indexer') !== has('console') && logs !== 'opensearch') {
    refuse('logs', 'indexer and console in different processes need logs: opensearch, which both reach');
  } else if (has('alerts') && !has('indexer') && logs !== 'opensearch') {
    refuse('logs', 'indexer and alerts in different processes need logs: opensearch, which both reach');
  }
  if (!has('console') && peers.listen === undefined) {
    refuse('peers', 'write peers.listen, such as 0.0.0.0:9473: the console asks this process there');
  }
  if (has('console') && !(has('gateway') && has('indexer')) && peers.ask.length === 0) {
    refuse('peers', 'write peers.ask with the peers.listen of every other process of this core');
  }
  if (!has('console') && !has('alerts') && peers.ask.length > 0) {
    refuse('peers', 'peers.ask is for the console, and for the process with the role alerts');
  }
  return problems;
}
