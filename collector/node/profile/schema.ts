import { z } from 'zod';
import { byteSize } from '../../../lib/config/duration.ts';
import { collectorConfig } from '../config.ts';

/** Keys of a configuration that are a host's own: no kind of hardware has a default for them. */
const OF_THE_HOST = { name: true, profile: true, relays: true, proxy: true, tls: true, root: true } as const;

export const ARCHITECTURES = ['x86_64', 'arm64'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** A file of hardware-profiles/: one kind of hardware. */
export const hardwareProfile = z.strictObject({
  /** What it is for, in a line. */
  description: z.string().min(1).max(200),
  /** Processors that there are packages for; the first is the one packed for when none is asked for and this machine's is not of them. */
  architectures: z.array(z.enum(ARCHITECTURES)).min(1),
  packaging: z.strictObject({
    /** What `heliograph pack` makes; the first unless one is asked for. */
    formats: z.array(z.enum(['deb', 'rpm', 'tar'])).min(1),
    /** Who starts the collector and starts it again. */
    init: z.enum(['systemd', 'procd']),
    /** Whether Node comes in the package, or is the device's own at /usr/bin/node (22.15 or newer). */
    node: z.enum(['bundled', 'device']),
  }),
  caps: z.strictObject({
    /** Resident memory; the most that systemd lets the service have. */
    memory: byteSize(),
    /** V8's heap; more than this and the collector ends and is started again. */
    heap: byteSize(),
    /** Of one processor core, as 25%. */
    cpu: z.string().regex(/^[1-9]\d{0,2}%$/, 'write a share of one core such as 25%'),
    /** Spool and all else in dataDir. */
    disk: byteSize(),
    /** What may be written to flash in a day with the relay reachable; none where there is no flash to spare. */
    flashWritesPerDay: z.union([z.literal('none'), byteSize()]),
    openFiles: z.int().min(64).max(65_536),
  }),
  /** Whether V8 compiles: much faster with many log lines, 9 MB more. */
  compilers: z.boolean(),
  /** Defaults of the configuration, below what the user's file says. */
  collector: collectorConfig.omit(OF_THE_HOST).partial(),
});

export type HardwareProfile = z.output<typeof hardwareProfile>;
