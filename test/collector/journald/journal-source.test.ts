import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JournalSource } from '../../../collector/core/journald/journal-source.ts';
import type { LineBatch } from '../../../collector/core/tail/contract.ts';
import { LINE_CLASSES, Progress } from '../../../collector/core/tail/positions.ts';
import { createNodeHost } from '../../../collector/node/host.ts';
import { startBroker } from '../../support/broker.ts';
import { createStation, decodeReceived } from '../../support/collector.ts';
import { spawnCollector } from '../../support/collector-process.ts';
import { until as untilIt } from '../../support/until.ts';
import { journalOf } from './write-journal.ts';

const fixture = (name: string): Buffer => gunzipSync(readFileSync(new URL(`./fixtures/${name}.gz`, import.meta.url)));
const START = 1_764_452_000_000;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journald-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A source over the folder, run by hand. */
function follow(
  progress: Progress,
  options: { now?: number; sinceMs?: number; excludeUnits?: string[]; paths?: string } = {},
) {
  let clock = 0;
  let timers: (() => void)[] = [];
  const warnings: string[] = [];
  const host = createNodeHost({
    now: () => options.now ?? START + 3_600_000,
    mono: () => clock,
    log: (_, message, facts) => warnings.push(`${message} ${JSON.stringify(facts)}`),
    timer: (run) => timers.push(run),
    cancel: () => {
      timers = [];
    },
  });
  const source = new JournalSource(host, {
    paths: [join(folder, options.paths ?? '*.journal*')],
    pollMs: 100,
    level: 'debug',
    excludeUnits: options.excludeUnits ?? [],
    sinceMs: options.sinceMs ?? 86_400_000,
  });
  const lines: {
    text: string;
    service: string;
    fields: Readonly<Record<string, string>>;
    time: number;
    level: string | null;
  }[] = [];
  const closed: string[] = [];
  const batches: number[] = [];
  let most = Number.POSITIVE_INFINITY;
  source.start(
    {
      opened: (file, offset) => progress.opened(file, offset),
      closed: (file) => {
        closed.push(file.path);
        progress.forget(file.id);
      },
      take(batch: LineBatch, answer) {
        if (most-- <= 0) return;
        batches.push(batch.count);
        for (let i = 0; i < batch.count; i++) {
          const facts = batch.facts!;
          if (batch.done?.log.has(batch.from + batch.places[i]!)) continue;
          lines.push({
            text: host.utf8(batch.bytes, batch.starts[i]!, batch.ends[i]!),
            service: facts.service(i)!,
            fields: facts.fields(i),
            time: facts.time(i),
            level: facts.level(i),
          });
        }
        progress.add({ ...batch, classes: [], class: 'log' });
        answer();
      },
    },
    progress.positions(),
  );
  const run = (times = 100): void => {
    for (let i = 0; i < times; i++) {
      clock += 500;
      for (const timer of timers.splice(0)) timer();
    }
  };
  return {
    source,
    lines,
    closed,
    batches,
    warnings,
    run,
    /** Takes so many batches more, and does not answer then. */
    only: (batches: number) => {
      most = batches;
    },
  };
}

describe('the journal', () => {
  it('gives entries as lines, with level, service and ECS fields', () => {
    writeFileSync(join(folder, 'system.journal'), fixture('zstd-compact.journal'));
    const got = follow(new Progress(), { excludeUnits: ['cron.service'] });
    got.run();
    got.source.stop();
    const figures = got.source.figures();
    expect(got.lines.length + figures.journal_entries_excluded_total!).toBe(200);
    expect(figures.journal_entries_excluded_total).toBeGreaterThan(10);
    const pay = got.lines.find(
      ({ fields }) => fields['systemd.unit'] === 'pay.service' && fields['systemd.transport'] === 'journal',
    )!;
    expect(pay.service).toBe('pay');
    expect(pay.fields).toMatchObject({ 'user.id': '33', 'host.id': '0123456789abcdef'.repeat(2) });
    expect(Math.abs(pay.time - START)).toBeLessThan(400_000);
    const session = got.lines.find(
      ({ fields }) => fields['systemd.unit'] === 'session-3.scope' && fields['systemd.transport'] !== 'kernel',
    )!;
    expect(['nginx', 'pay', 'CRON']).toContain(session.service);
    expect(got.lines.some(({ service }) => service === 'kernel')).toBe(true);
    const own = got.lines.find(({ fields }) => fields['journald.order'] !== undefined)!;
    expect(own.fields['journald.order']).toMatch(/^(\d+, twice|twice, \d+)$/);
    const code = got.lines.find(({ fields }) => fields['log.origin.file.line'] === '12')!;
    expect(code.fields).toMatchObject({ 'log.origin.file.name': 'src/x.c', 'log.origin.function': 'main' });
    expect(got.lines.some(({ text }) => text.endsWith('\nsecond line\n\tthird'))).toBe(true);
    const levels = new Set(got.lines.map(({ level, fields }) => `${fields['log.syslog.severity.name']} ${level}`));
    expect([...levels].sort()).toEqual(
      [
        'alert fatal',
        'critical fatal',
        'debug debug',
        'emergency fatal',
        'error error',
        'informational info',
        'notice info',
        'warning warning',
      ].sort(),
    );
  });

  it('goes on over restarts, renames, further files and vacuuming, each entry once', () => {
    const progress = new Progress();
    writeFileSync(join(folder, 'system.journal'), fixture('plain.journal'));
    const first = follow(progress);
    first.only(0);
    first.run(5);
    first.source.stop();
    // Killed with a batch out: nothing of it is durable.
    const again = follow(new Progress(progress.checkpoint()));
    again.run(4);
    expect(again.lines).toHaveLength(200);
    again.source.stop();
    const third = new Progress();
    writeFileSync(join(folder, 'system.journal'), fixture('plain.journal'));
    const reader = follow(third);
    reader.run(4);
    // Rotation: the file has another name and state, and another one begins.
    const rotated = join(folder, 'system@0-1-2.journal');
    renameSync(join(folder, 'system.journal'), rotated);
    writeFileSync(join(folder, 'system.journal'), fixture('lz4.journal'));
    reader.run(10);
    expect(reader.lines).toHaveLength(400);
    reader.source.stop();
    const restarted = follow(new Progress(third.checkpoint()));
    restarted.run(10);
    expect(restarted.lines).toHaveLength(0);
    restarted.source.stop();
    rmSync(rotated);
    const vacuumed = follow(new Progress(third.checkpoint()));
    vacuumed.run(10);
    expect([vacuumed.lines.length, vacuumed.closed.length, vacuumed.source.figures().journal_gone_files_total]).toEqual(
      [0, 1, 1],
    );
    vacuumed.source.stop();
  });

  it('leaves out what is older than it was told to begin with, at the first start only', () => {
    writeFileSync(join(folder, 'old.journal'), fixture('plain.journal'));
    const progress = new Progress();
    const late = follow(progress, { now: START + 10 * 86_400_000 });
    late.run();
    expect(late.lines).toHaveLength(0);
    writeFileSync(join(folder, 'new.journal'), fixture('compact.journal'));
    late.run();
    expect(late.lines).toHaveLength(200);
    late.source.stop();
    const part = follow(new Progress(), { now: START + 100_000, sinceMs: 0, paths: 'old.journal' });
    part.run();
    expect(part.lines.length).toBeGreaterThan(10);
    expect(part.lines.length).toBeLessThan(190);
    part.source.stop();
  });

  it('says once of a file that it cannot be read, counts it, and reads the rest', () => {
    writeFileSync(join(folder, 'a.journal'), 'nothing of the kind');
    const newer = Buffer.from(fixture('plain.journal'));
    newer[12]! |= 0x40;
    writeFileSync(join(folder, 'b.journal~'), newer);
    writeFileSync(join(folder, 'c.journal'), fixture('xz.journal'));
    const got = follow(new Progress());
    got.run();
    got.source.stop();
    expect(got.lines).toHaveLength(200);
    expect(got.warnings).toHaveLength(2);
    expect(got.warnings.join()).toContain('HG_COLLECTOR_LOG_SOURCE');
    expect(got.source.figures().journal_unreadable_files).toBe(2);
    expect(got.source.figures().journal_fields_unreadable_total).toBeGreaterThan(20);
  });

  it('counts fields for a batch, and bounds those of one entry', () => {
    const time = (START + 3_599_000) * 1000;
    const entries = Array.from({ length: 300 }, (_, i) => ({
      sequence: i + 1,
      time,
      fields: [
        'MESSAGE=hi',
        ...Array.from({ length: 40 }, (_, k) => `F${k % 20}=${`${i % 3}-${k}-`.padEnd(1000, 'x')}`),
      ],
    }));
    writeFileSync(join(folder, 'a.journal'), journalOf(entries));
    const got = follow(new Progress());
    got.run();
    got.source.stop();
    expect(got.lines).toHaveLength(300);
    expect(Math.max(...got.batches)).toBeLessThan(32);
    for (const { fields } of got.lines) expect(JSON.stringify(fields).length).toBeLessThan(26_000);
  });

  it('reads no whole file in one turn where nothing of it is wanted', () => {
    const entries = Array.from({ length: 5000 }, (_, i) => ({
      sequence: i + 1,
      time: (START + (i < 4999 ? -90 * 86_400_000 : 3_599_000)) * 1000,
      fields: ['MESSAGE=x', `_SYSTEMD_UNIT=a.service`],
    }));
    writeFileSync(join(folder, 'a.journal'), journalOf(entries));
    const got = follow(new Progress());
    got.run(2);
    expect(got.lines).toHaveLength(0);
    got.run(20);
    got.source.stop();
    expect(got.lines).toHaveLength(1);
    expect(got.batches.filter((count) => count === 0).length).toBeGreaterThan(3);
  });

  it('loses one entry for one damaged number, and counts it', () => {
    for (const [wrong, name] of [
      [51 + 2 ** 30, 'high'],
      [83, 'near'],
      [3, 'low'],
    ] as const) {
      const entries = Array.from({ length: 100 }, (_, i) => ({
        sequence: i === 50 ? wrong : i + 1,
        time: (START + 3_599_000) * 1000,
        fields: [`MESSAGE=${i}`],
      }));
      writeFileSync(join(folder, `${name}.journal`), journalOf(entries));
      const progress = new Progress();
      const got = follow(progress, { paths: `${name}.journal` });
      got.run();
      expect(got.lines.map(({ text }) => Number(text))).toEqual(
        Array.from({ length: 100 }, (_, i) => i).filter((i) => i !== 50),
      );
      expect(got.source.figures().journal_entries_damaged_total).toBe(1);
      expect(progress.positions()[0]!.offset).toBe(101);
      got.source.stop();
    }
  });

  it('is not held up by sizes that a crafted file says', () => {
    const entry = { sequence: 1, time: (START + 3_599_000) * 1000, fields: ['MESSAGE=x'] };
    const lie = { tail: 3e7, entries: 2e7, arena: 2 ** 40, arrayBytes: 2 ** 39 };
    writeFileSync(join(folder, 'a.journal'), journalOf([entry], lie));
    const got = follow(new Progress());
    const before = process.cpuUsage();
    got.run();
    got.source.stop();
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(2);
    expect(got.source.figures().journal_entries_damaged_total).toBeLessThan(100);
  });
});

const until = (what: string, holds: () => boolean) => untilIt(what, holds, { withinMs: 40_000, everyMs: 250 });

const REMOTE = '/lib/systemd/systemd-journal-remote';
const MACHINE = 'f'.repeat(32);

it.runIf(existsSync(REMOTE))(
  'follows what journald writes, through rotations and kill -9: each entry once, fields masked',
  async () => {
    const station = await createStation();
    const broker = await startBroker(station.relay);
    const journals = join(station.directory, 'log/journal', MACHINE);
    mkdirSync(journals, { recursive: true });
    const received = () =>
      decodeReceived(broker.received).frames.flatMap((frame) => (frame.kind === 'logs' ? frame.lines : []));
    const config = join(station.directory, 'collector.json');
    writeFileSync(
      config,
      JSON.stringify({
        relays: [`127.0.0.1:${broker.port}`],
        tls: { ca: station.host.ca, cert: station.host.cert, key: station.host.key },
        dataDir: join(station.directory, 'data'),
        root: station.directory,
        logLinger: '20ms',
        logPoll: '20ms',
        journald: { paths: ['/log/journal/*/*.journal*'], level: 'debug' },
        reconnect: { base: '20ms', cap: '100ms' },
      }),
    );
    const total = 2000;
    let written = 0;
    let pausing = false;
    const begin = (): ChildProcessWithoutNullStreams =>
      spawn(REMOTE, ['--split-mode=none', '-o', join(journals, 'system.journal'), '-'], { stdio: 'pipe' });
    let writer = begin();
    const entry = (): string => {
      const i = written++;
      const time = Date.now() * 1000 + i;
      return `__REALTIME_TIMESTAMP=${time}\n__MONOTONIC_TIMESTAMP=${i + 1}\n_BOOT_ID=${'1'.repeat(32)}\n_MACHINE_ID=${MACHINE}\nPRIORITY=${i % 8}\n_SYSTEMD_UNIT=app.service\nCARD=4111 1111 1111 1111\nMESSAGE=number ${i} card 4111111111111111${' long'.repeat(i % 7 === 0 ? 300 : 0)}\n\n`;
    };
    const timer = setInterval(() => {
      if (written < total && !pausing) for (let i = 0; i < 50; i++) writer.stdin.write(entry());
    }, 20);
    let running = spawnCollector(config);
    for (let round = 1; round <= 4; round++) {
      await until(`entries of round ${round}`, () => received().length > (round * total) / 8);
      await running.kill('SIGKILL');
      // A rotation while nobody looks, and one while somebody does.
      pausing = true;
      const ended = new Promise((resolve) => writer.once('exit', resolve));
      writer.stdin.end();
      await ended;
      if (round % 2 === 1) running = spawnCollector(config);
      renameSync(join(journals, 'system.journal'), join(journals, `system@${round}.journal`));
      writer = begin();
      pausing = false;
      if (round % 2 === 0) running = spawnCollector(config);
    }
    await until('all are written', () => written >= total);
    clearInterval(timer);
    await until('all entries', () => received().length >= total);
    await running.kill('SIGTERM');
    writer.stdin.end();
    expect(readdirSync(journals).length).toBeGreaterThan(4);
    const numbers = received().map(({ message }) => Number(/^number (\d+) card \*{16}/.exec(message)?.[1]));
    expect([...numbers].sort((a, b) => a - b)).toEqual(Array.from({ length: written }, (_, i) => i));
    const { fields, service } = received()[0]!;
    expect([service, fields['journald.card']]).toEqual(['app', '**** **** **** ****']);
    expect(
      LINE_CLASSES.map((name) => decodeReceived(broker.received).frames.some((frame) => frame.class === name)),
    ).toEqual([true, true, true]);
    await broker.close();
    station.remove();
  },
);
