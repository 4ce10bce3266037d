import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '../lib/certificates/authority.ts';
import { progressLine as say } from './end-to-end/progress-line.ts';
import { LINE_BYTES } from './log-lines.ts';
import { fetchedPeers } from './peers/fetched.ts';
import { skipped } from './peers/program.ts';
import type { BenchResult, BenchRun } from './result.ts';
import { type Agent, type AgentPlace, collectorAgent, rsyslogAgent, syslogNgAgent } from './rotations/agents.ts';
import { type Column, runColumn } from './rotations/column.ts';
import { ROTATIONS, type Rotation } from './rotations/writer.ts';

const LINES = Number(process.env.HELIOGRAPH_BENCH_LINES ?? 1_000_000);
/** MB/s that are written, and that the other end takes. */
const WRITTEN = 14;
const TAKEN = 8;
const EVERY_MS = 2_000;

const INSTALL = {
  rsyslog: 'Debian and Ubuntu: apt-get install rsyslog',
  'syslog-ng': 'Debian and Ubuntu: apt-get install syslog-ng-core',
};

/**
 * Numbered lines through a file that is rotated every two seconds in each way there is, faster than the other end takes them, with three kill -9 of
 * the agent and the other end gone for half a minute: which lines are missing, which came twice, what it cost. Other people's agents beside ours, through the same.
 */
export async function run(): Promise<BenchRun> {
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-rotations-'));
  const results: BenchResult[] = [];
  const wrong: string[] = [];
  try {
    const authority = await createAuthority(join(directory, 'ca'), Date.now());
    const relay = await authority.issue({ name: 'relay-1', role: 'relay', hosts: ['127.0.0.1'], days: 1 });
    const host = await authority.issue({ name: 'host-1', role: 'collector', days: 1 });
    const unpacked = fetchedPeers()?.SYSLOG_NG_ROOT;
    const agents = [
      { name: 'heliograph collector', at: (place: AgentPlace) => collectorAgent(place, host) },
      { name: 'rsyslog', at: rsyslogAgent },
      { name: 'syslog-ng', at: (place: AgentPlace) => syslogNgAgent(place, unpacked) },
    ] as const;
    for (const { name, at } of agents) {
      const probe = at({ folder: mkdtempSync(join(directory, 'probe-')), log: join(directory, 'x'), port: 1 });
      if (probe === null) {
        skipped(name, INSTALL[name as keyof typeof INSTALL]);
        continue;
      }
      for (const rotation of ROTATIONS) {
        // A file that is deleted while its reader is dead is gone for every reader.
        const kills = rotation !== 'delete';
        say(`${name}, ${rotation}`);
        const column = await runColumn(
          mkdtempSync(join(directory, 'column-')),
          probe.sink,
          probe.sink === 'relay' ? [relay.ca, relay.cert, relay.key] : [],
          (place) => at(place)!,
          {
            lines: LINES,
            writtenPerSecond: WRITTEN * 1e6,
            takenPerSecond: TAKEN * 1e6,
            everyMs: EVERY_MS,
            rotation,
            kills,
          },
        );
        results.push(...figuresOf(probe, rotation, column));
        if (probe.sink === 'relay' && column.missing + column.doubled + column.strange > 0)
          wrong.push(
            `${rotation}: ${column.missing} lines missing, ${column.doubled} doubled, ${column.strange} changed`,
          );
      }
    }
    return { results, wrong };
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

function figuresOf({ name, note, sink }: Agent, rotation: Rotation, column: Column): BenchResult[] {
  const ours = sink === 'relay';
  const of = `${name}, ${rotation}`;
  const days = `${LINES} lines at ${WRITTEN} MB/s, rotated every ${EVERY_MS / 1000} s, taken at ${TAKEN} MB/s, ${column.kills} kill -9, other end gone for 30 s`;
  const none = ours ? { target: 0 } : {};
  return [
    { name: `${of}: missing`, value: column.missing, unit: 'lines', note: days, ...none },
    { name: `${of}: doubled`, value: column.doubled, unit: 'lines', ...none },
    ...(column.strange > 0 ? [{ name: `${of}: torn or merged`, value: column.strange, unit: 'lines' }] : []),
    { name: `${of}: CPU`, value: (column.cpuSeconds / (LINES * LINE_BYTES)) * 1e9, unit: 'CPU s/GB', note },
    { name: `${of}: on the wire`, value: column.wireBytes / LINES, unit: 'B a line' },
  ];
}
