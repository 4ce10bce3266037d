import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '../lib/certificates/authority.ts';
import { progressLine as say } from './end-to-end/progress-line.ts';
import { fetchedPeers } from './peers/fetched.ts';
import { skipped } from './peers/program.ts';
import { printRun } from './process/printed-run.ts';
import type { BenchResult, BenchRun } from './result.ts';
import { type Agent, type AgentPlace, collectorAgent, rsyslogAgent, syslogNgAgent } from './rotations/agents.ts';
import { AWAY_MS, runColumn } from './rotations/column.ts';
import { ROTATIONS } from './rotations/kinds.ts';
import { type TableRow, tableOf } from './rotations/table.ts';

const LINES = Number(process.env.HELIOGRAPH_BENCH_LINES ?? 1_000_000);
/** MB/s that are written, and that the other end takes. */
const WRITTEN = 14;
const TAKEN = 8;
const EVERY_MS = 2_000;

const INSTALL = {
  rsyslog: 'Debian and Ubuntu: apt-get install rsyslog',
  'syslog-ng': 'Debian and Ubuntu: apt-get install syslog-ng-core',
};
const AGENTS = ['heliograph', 'rsyslog', 'syslog-ng'] as const;
type AgentName = (typeof AGENTS)[number];

/** Those of `all` that a setting asks for. @throws TypeError that names those that there are */
function chosen<T extends string>(setting: string, all: readonly T[]): readonly T[] {
  const asked = process.env[`HELIOGRAPH_BENCH_${setting.toUpperCase()}`]?.split(',');
  const unknown = asked?.find((name) => !all.includes(name as T));
  if (unknown !== undefined) throw new TypeError(`--${setting}: no ${unknown}, give some of ${all.join(',')}`);
  return all.filter((name) => asked?.includes(name) ?? true);
}

/**
 * Numbered lines through a file that is rotated every two seconds in each way there is, faster than the other end takes them, with three kill -9 of
 * the agent and the other end gone for half a minute: which lines are missing, which came twice, what it cost. Other people's agents beside ours, through the
 * same. Each column is printed as it ends.
 */
export async function run(): Promise<BenchRun> {
  const names = chosen('agents', AGENTS);
  const rotations = chosen('columns', ROTATIONS);
  const directory = mkdtempSync(join(tmpdir(), 'heliograph-rotations-'));
  const rows: Row[] = [];
  const failed: string[] = [];
  try {
    const authority = await createAuthority(join(directory, 'ca'), Date.now());
    const relay = await authority.issue({ name: 'relay-1', role: 'relay', hosts: ['127.0.0.1'], days: 1 });
    const host = await authority.issue({ name: 'host-1', role: 'collector', days: 1 });
    const unpacked = names.includes('syslog-ng') ? fetchedPeers()?.SYSLOG_NG_ROOT : undefined;
    const agents: Record<AgentName, (place: AgentPlace) => Agent | null> = {
      heliograph: (place) => collectorAgent(place, host),
      rsyslog: rsyslogAgent,
      'syslog-ng': (place) => syslogNgAgent(place, unpacked),
    };
    const found = names.flatMap((name) => {
      const at = agents[name];
      const probe = at({ folder: mkdtempSync(join(directory, 'probe-')), log: join(directory, 'x'), port: 1 });
      if (probe === null) skipped(name, INSTALL[name as keyof typeof INSTALL]);
      return probe === null ? [] : [{ probe, at: (place: AgentPlace) => at(place)! }];
    });
    for (const rotation of rotations)
      for (const { probe, at } of found) {
        const of = `${probe.name}, ${rotation}`;
        const ours = probe.sink === 'relay';
        try {
          const column = await runColumn(
            mkdtempSync(join(directory, 'column-')),
            probe.sink,
            ours ? [relay.ca, relay.cert, relay.key] : [],
            at,
            { lines: LINES, bytesPerSecond: WRITTEN * 1e6, takenPerSecond: TAKEN * 1e6, everyMs: EVERY_MS, rotation },
            (line) => say(`${of}: ${line}`),
          );
          rows.push({ agent: probe.name, rotation, column, ours, note: probe.note });
          tableOf(rows.slice(-1)).forEach(say);
        } catch (error) {
          // The others' columns stand without it.
          failed.push(`${of}: ${error instanceof Error ? error.message : String(error)}`);
          say(failed.at(-1)!);
        }
        printRun(runOf(rows, failed));
      }
    tableOf(rows).forEach(say);
    return runOf(rows, failed);
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

type Row = TableRow & { readonly ours: boolean; readonly note: string };

function runOf(rows: readonly Row[], failed: readonly string[]): BenchRun {
  const wrong = rows
    .filter(({ ours, column }) => ours && column.missing + column.doubled + column.strange > 0)
    .map(
      ({ rotation, column: { missing, doubled, strange } }) =>
        `${rotation}: ${missing} lines missing, ${doubled} doubled, ${strange} changed`,
    );
  return { results: rows.flatMap(figuresOf), wrong: [...wrong, ...failed] };
}

function figuresOf({ agent, rotation, column, ours, note }: Row): BenchResult[] {
  const of = `${agent}, ${rotation}`;
  const days = [
    `${column.lines} lines at ${column.writtenMegabytesPerSecond.toFixed(1)} MB/s`,
    `${column.rotations} rotations`,
    `taken at ${TAKEN} MB/s`,
    `${column.kills} kill -9`,
    `other end gone for ${AWAY_MS / 1000} s`,
    `load ${column.load.toFixed(1)} at its end`,
  ].join(', ');
  const at = (target: number) => (ours ? { target } : {});
  return [
    { name: `${of}: missing`, value: column.missing, unit: 'lines', note: days, ...at(0) },
    { name: `${of}: doubled`, value: column.doubled, unit: 'lines', ...at(0) },
    ...(column.strange > 0 ? [{ name: `${of}: torn or merged`, value: column.strange, unit: 'lines', ...at(0) }] : []),
    { name: `${of}: CPU`, value: column.cpuSecondsPerGigabyte, unit: 'CPU s/GB', note, ...at(15) },
    { name: `${of}: on the wire`, value: column.wireBytesPerLine, unit: 'B a line', ...at(80) },
  ];
}
