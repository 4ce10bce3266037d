import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Host } from '../../../collector/core/host.ts';
import { KernelLog } from '../../../collector/core/kernel/kernel-log.ts';
import { parseKmsg } from '../../../collector/core/kernel/kmsg-record.ts';
import type { LineBatch, LostBytes } from '../../../collector/core/tail/contract.ts';
import { Progress } from '../../../collector/core/tail/positions.ts';
import { nodeFiles } from '../../../collector/node/files.ts';
import { createNodeHost } from '../../../collector/node/host.ts';
import { startCollector } from '../../../collector/node/start.ts';
import { startBroker } from '../../support/broker.ts';
import { createStation, decodeReceived, quietHost, until } from '../../support/collector.ts';

const NOW = 1_800_000_000_000;
const EAGAIN = -11;

/** A ring of records as the device gives them: one a read, -32 where they were overwritten. */
class Device {
  records: (string | number)[] = [];
  opened = 0;
  openError = 0;
  readonly host: Host;
  readonly timers: (() => void)[] = [];
  #at = 0;

  constructor(boot = 'boot-1') {
    const texts: Record<string, string> = {
      '/proc/sys/kernel/random/boot_id': `${boot}\n`,
      '/proc/uptime': '1000.00 1.00\n',
    };
    const put = (text: string, into: Uint8Array) => new TextEncoder().encodeInto(text, into).written;
    this.host = createNodeHost({
      now: () => NOW,
      log: () => undefined,
      timer: (run) => this.timers.push(run),
      cancel: () => void this.timers.splice(0),
      files: {
        ...nodeFiles,
        readFile: (path, into) => put(texts[path]!, into),
        open: (path, mode) => {
          expect([path, mode]).toEqual(['/dev/kmsg', 'nonblocking']);
          this.#at = 0;
          this.opened++;
          return this.openError || 99;
        },
        close: () => 0,
        pread: (_fd, into) => {
          const next = this.records[this.#at];
          if (next === undefined) return EAGAIN;
          this.#at++;
          return typeof next === 'number' ? next : put(next, into);
        },
      },
    });
  }

  run(): void {
    for (let i = 0; i < 50; i++) for (const run of this.timers.splice(0)) run();
  }
}

interface Got {
  text: string;
  time: number;
  level: string | null;
  service: string | null;
  fields: Readonly<Record<string, string>>;
}

function read(device: Device, progress = new Progress()) {
  const got: Got[] = [];
  const lost: LostBytes[] = [];
  const closed: string[] = [];
  const source = new KernelLog(device.host, { root: '/', pollMs: 10, level: 'info' });
  source.start(
    {
      opened: (file, offset) => progress.opened(file, offset),
      closed: (file) => {
        closed.push(file.id);
        progress.forget(file.id);
      },
      lost: (one) => lost.push(one),
      take: (batch: LineBatch, answer) => {
        for (let i = 0; i < batch.count; i++) {
          if (batch.done?.log.has(batch.from + batch.places[i]!)) continue;
          const facts = batch.facts!;
          const text = device.host.utf8(batch.bytes, batch.starts[i]!, batch.ends[i]!);
          got.push({
            text,
            time: facts.time(i),
            level: facts.level(i),
            service: facts.service(i),
            fields: facts.fields(i),
          });
        }
        progress.add({ ...batch, classes: [], class: 'log' });
        answer();
      },
    },
    progress.positions(),
  );
  device.run();
  return { got, lost, closed, source, progress };
}

describe('the kernel log', () => {
  it('gives each record with its time, level, service and what the kernel says of it', () => {
    const device = new Device();
    device.records = [
      '6,339,5140900,-;NET: Registered protocol family 10\n',
      '4,340,5690716,-,caller=T1;eth0: caf\\xc3\\xa9 \\x5c link\\x0adown\n SUBSYSTEM=net\n DEVICE=n3\n',
      'nothing that is a record\n',
      '3,341,5690717,-;I/O error\n',
      '30,342,6000000,-;systemd[1]: Started.\n',
      '0,343,7000000,c;\n',
    ];
    const { got, lost, source } = read(device);
    expect(lost).toEqual([]);
    expect(got.map(({ text, level, service }) => [text, level, service])).toEqual([
      ['NET: Registered protocol family 10', 'info', 'kernel'],
      ['eth0: café \\ link\ndown', 'warning', 'kernel'],
      ['I/O error', 'error', 'kernel'],
      ['systemd[1]: Started.', 'info', 'systemd'],
      ['', 'fatal', 'kernel'],
    ]);
    expect(got[0]!.time).toBeCloseTo(NOW - 1_000_000 + 5140.9, 3);
    expect(got[1]!.fields).toEqual({
      'log.syslog.priority': '4',
      'log.syslog.severity.name': 'warning',
      'log.syslog.facility.name': 'kern',
      'event.sequence': '340',
      'kernel.subsystem': 'net',
      'kernel.device': 'n3',
    });
    expect(source.figures()).toEqual({
      kernel_log_records_total: 5,
      kernel_log_lost_records_total: 0,
      kernel_log_malformed_records_total: 1,
      kernel_log_errors_total: 0,
    });
    source.stop();
  });

  it('reads what a kernel gave at its start, every record of it', () => {
    const text = readFileSync(new URL('./fixtures/boot.kmsg', import.meta.url), 'utf8');
    const device = new Device();
    device.records = text.split(/(?<=\n)(?=\d)/);
    const { got, lost, source } = read(device);
    source.stop();
    expect([got.length, lost, source.figures().kernel_log_malformed_records_total]).toEqual([
      device.records.length,
      [],
      0,
    ]);
    expect(got.map(({ fields }) => Number(fields['event.sequence']))).toEqual(got.map((_, i) => 185 + i));
    expect(got.every(({ time }, i) => i === 0 || time >= got[i - 1]!.time)).toBe(true);
    const bridge = got.find(({ text }) => text.startsWith('pci_bus 0000:00: root bus resource [bus'))!;
    expect(bridge.fields).toMatchObject({ 'kernel.subsystem': 'pci_bus', 'kernel.device': '+pci_bus:0000:00' });
    expect(new Set(got.map(({ level }) => level))).toEqual(new Set(['info', 'debug']));
  });

  it('goes on after a restart where it was, counts what was overwritten, and begins anew with another boot', () => {
    const device = new Device();
    const record = (sequence: number) => `6,${sequence},${sequence}000,-;record ${sequence}\n`;
    device.records = [10, 11, 12].map(record);
    const first = read(device);
    first.source.stop();
    expect(first.got.map(({ text }) => text)).toEqual(['record 10', 'record 11', 'record 12']);
    const again = new Device();
    again.records = [record(11), record(12), record(13), -32, record(20), record(21)];
    const second = read(again, first.progress);
    second.source.stop();
    expect(second.got.map(({ text }) => text)).toEqual(['record 13', 'record 20', 'record 21']);
    expect(second.lost.map(({ lines, offset, reason }) => [lines, offset, reason])).toEqual([[6, 14, 'overrun']]);
    const rebooted = new Device('boot-2');
    rebooted.records = [0, 1].map(record);
    const third = read(rebooted, second.progress);
    third.source.stop();
    expect(third.got.map(({ text }) => text)).toEqual(['record 0', 'record 1']);
    expect(third.closed).toEqual(['kmsg:boot-1']);
    expect(third.lost).toEqual([]);
  });

  it('says once that it may not read, and tries again', () => {
    const device = new Device();
    device.openError = -1;
    const { source } = read(device);
    expect(device.opened).toBeGreaterThan(1);
    expect(source.figures().kernel_log_errors_total).toBe(device.opened);
    source.stop();
  });

  it('takes no bytes for a record that are none', () => {
    for (const text of [
      '',
      ';',
      '1,2,3',
      '1,2,3;x',
      'x,1,2,-;t',
      '1,99999999999999999999,2,-;t',
      '-1,2,3,-;t',
      `${'1'.repeat(99)},1,1,-;`,
    ])
      expect([text, parseKmsg(text)]).toEqual([text, null]);
    expect(parseKmsg('6,1,2,-;\\x\\xzz\n =x\nA=b\n B=c')).toMatchObject({ text: '\\x\\xzz', tags: { B: 'c' } });
  });
});

const readable = (): boolean => {
  if (!existsSync('/dev/kmsg')) return false;
  try {
    closeSync(openSync('/dev/kmsg', 'r'));
    return true;
  } catch {
    return false;
  }
};

it.runIf(readable())('reads the real device, each record once over a restart', async () => {
  const station = await createStation();
  const broker = await startBroker(station.relay);
  const lines = () =>
    decodeReceived(broker.received).frames.flatMap((frame) => (frame.kind === 'logs' ? frame.lines : []));
  const config = station.config({ port: broker.port, kernelLog: { level: 'debug' } });
  const first = await startCollector(config, { host: quietHost() });
  await until('records', () => lines().length > 20);
  await first.close();
  const second = await startCollector(config, { host: quietHost() });
  await until(
    'the second one has looked',
    () =>
      Number((second.collector.status('up').sources.kmsg as Record<string, number>).kernel_log_errors_total) === 0 &&
      second.collector.link.isOpen,
  );
  await second.close();
  const numbers = lines().map(({ fields }) => fields['event.sequence']);
  expect(new Set(numbers).size).toBe(numbers.length);
  const now = Date.now();
  for (const line of lines()) expect(line.time).toBeLessThan(now + 60_000);
  expect(lines().some(({ service }) => service === 'kernel')).toBe(true);
  await broker.close();
  station.remove();
});
