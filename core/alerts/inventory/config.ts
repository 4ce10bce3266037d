import { z } from 'zod';
import { duration } from '../../../lib/config/duration.ts';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const moment = () =>
  z.string().transform((text, context) => {
    // Without a zone it would mean another time on another machine.
    const ms = /(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
    if (Number.isFinite(ms)) return ms;
    context.addIssue({ code: 'custom', message: 'write a time with its zone, such as 2026-12-01T22:00:00Z' });
    return z.NEVER;
  });

const ofDay = () =>
  z.string().transform((text, context) => {
    const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
    if (match) return (Number(match[1]) * 60 + Number(match[2])) * 60_000;
    context.addIssue({ code: 'custom', message: 'write a time of the day in UTC, such as 22:30' });
    return z.NEVER;
  });

const globs = () => z.array(z.string().min(1).max(256)).max(10_000);

const maintenanceWindow = z
  .strictObject({
    /** Whose silence is expected then, by name; `*` and `?` stand for any characters and for one. */
    hosts: globs().optional(),
    /** All hosts behind these relays, and the relays themselves. */
    relays: globs().optional(),
    /** Once: begins at this time, with its zone, such as 2026-12-01T22:00:00Z. Beside start and end: they hold from then on. */
    from: moment().optional(),
    /** Ends at this time, with its zone; after `from`. Beside start and end: they hold until then. */
    to: moment().optional(),
    /** Again and again: begins at this time of the day, in UTC, such as 22:30. */
    start: ofDay().optional(),
    /** Ends at this time of the day, in UTC; one before `start` is of the next day. */
    end: ofDay().optional(),
    /** On which days it starts; every day unless stated. */
    days: z
      .array(z.enum(DAYS))
      .min(1)
      .default([...DAYS]),
    /** Why, for whoever wonders. */
    comment: z.string().max(1000).default(''),
  })
  .superRefine((window, context) => {
    const wrong = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    if (!window.hosts && !window.relays) wrong('hosts', 'say which hosts or relays');
    const { from, to, start, end } = window;
    if ((start === undefined) !== (end === undefined)) wrong('start', 'give start and end, or neither');
    if (from === undefined && to === undefined && start === undefined)
      wrong('from', 'give from and to, or start and end');
    if (start === undefined && (from === undefined) !== (to === undefined)) wrong('from', 'give from and to');
    if (from !== undefined && to !== undefined && to <= from) wrong('to', 'write a time after from');
  });

export type MaintenanceWindow = z.output<typeof maintenanceWindow>;

/** Which hosts and relays must be heard, and when their silence is an alert. */
export const hostsConfig = z.strictObject({
  /** Off: nobody is missed. */
  enabled: z.boolean().default(true),
  /** Which hosts that were ever seen are expected: those with a collector, also those that push by a door, or none. */
  seen: z.enum(['collectors', 'all', 'none']).default('collectors'),
  /** The folder of the certificate authority, or a copy of its issued.txt and revoked.txt: each host that was given a certificate is expected, until its newest is revoked. */
  authority: z.string().min(1).optional(),
  /** Hosts that are expected, by name. */
  expect: z.array(z.string().min(1).max(256)).max(200_000).default([]),
  /** The same, one a line, `#` starts a comment; read again when it changes. */
  expectFile: z.string().min(1).optional(),
  /** Hosts and relays that are out of service, by name with `*` and `?`. See also `heliograph hosts decommission`. */
  decommissioned: globs().default([]),
  /** When the silence of some is expected. */
  maintenance: z.array(maintenanceWindow).max(1000).default([]),
  /** Labels of all alerts about hosts and relays. */
  labels: z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/), z.string().min(1)).default({ severity: 'critical' }),
  /** How long an alert of one host waits for others that go with it, so that they make one. */
  settle: duration().prefault('2s'),
  /** So many hosts of one relay that go within so short a time, or so many when they are that share of its hosts, make one alert. */
  together: z
    .strictObject({
      /** So many hosts of a relay ... */
      hosts: z.int().min(2).default(20),
      /** ... that went silent within so long make one alert in place of one each. Longer where they go by and by. */
      within: duration().prefault('1m'),
      /** Also `hosts` or more that are silent, however slowly they went, once they are this share of the relay's hosts, 0 to 1. */
      share: z.number().min(0).max(1).default(0.5),
    })
    .prefault({}),
  /** How long hosts have to come back to a relay that was away, and after a start of this core. */
  grace: duration().prefault('2m'),
  /** How long a host that was never seen has to come for the first time. */
  arrival: duration().prefault('15m'),
  /** How long a relay may be away: shorter restarts are told to nobody. */
  relayAway: duration().prefault('20s'),
  /** Alerts of single hosts at once; beyond, one more alert says how many there are. */
  most: z.int().min(1).max(10_000).default(500),
});

export type HostsConfig = z.output<typeof hostsConfig>;
