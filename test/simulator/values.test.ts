import { beforeAll, expect, test } from 'vitest';
import { decodeBase } from '../../proto/base.ts';
import { decodeFrame } from '../../proto/frame.ts';
import { decodeDefinition } from '../../proto/page.ts';
import { FleetKind } from '../../simulator/fleet-kind.ts';
import { addMetricFrame } from '../../simulator/frame-writer.ts';
import { KINDS, type Kind, kindOf, USUAL_MIX } from '../../simulator/kinds.ts';
import { newLife } from '../../simulator/life.ts';
import { PublishBatch, readPackets } from '../../simulator/mqtt-packets.ts';
import { loadRecording } from '../../simulator/recording.ts';
import { ScaledRecording } from '../../simulator/scaled-recording.ts';

const INTERVAL_MS = 10_000;
const BEGAN = 1_795_000_000_000;
let recording: ScaledRecording;

beforeAll(() => {
  recording = new ScaledRecording(loadRecording());
});

/** What a relay reads out of the frame that a host sends. */
function sent(kind: FleetKind, host: number, lifeNumber: number, step: number, instants: number) {
  const life = newLife(1, host, lifeNumber, BEGAN);
  const bases = kind.bases(host, lifeNumber, kind.baseStep(step));
  const batch = new PublishBatch();
  const frame = {
    class: 'metric',
    life,
    sequence: 7,
    floor: 3,
    created: BEGAN,
    items: instants * kind.values.count,
    previous: null,
    rows: { step, instants },
    body: null,
    lines: [],
    messageId: 99,
    sentAt: 0,
    again: false,
  } as const;
  const hashes = bases.map(({ hash }) => Uint8Array.from(Buffer.from(hash, 'hex')));
  addMetricFrame(batch, Buffer.from('fleet/h/metric'), frame, kind, host, BEGAN + host, hashes);
  const packets: Uint8Array[] = [];
  const bytes = batch.take();
  expect(readPackets(bytes, (_type, _flags, body) => packets.push(body.slice()))).toBe(bytes.length);
  const payload = packets[0]!.subarray(2 + 'fleet/h/metric'.length + 2);
  const known = new Map(kind.pages.sections.map((_, section) => [kind.pages.page(section, lifeNumber).hash, section]));
  return decodeFrame(payload, {
    definitions: {
      pageSize: (page) => (known.has(page) ? kind.pages.sections[known.get(page)!]!.count : undefined),
      base: (hash) => {
        const bytes = bases.find((one) => one.hash === hash)?.bytes;
        const definition = bytes && decodeDefinition(bytes);
        if (definition?.kind !== 'base') return undefined;
        const n = kind.pages.sections[known.get(definition.page)!]!.count;
        return { page: definition.page, values: decodeBase(definition.columns, n) };
      },
    },
  });
}

test.each(KINDS)('what a relay decodes of a %s is what the function of host, life and step says', (name: Kind) => {
  const kind = new FleetKind(name, name === 'server' ? null : 300, recording, INTERVAL_MS, 10_000);
  // Over the seam of the recording, and over the renewal of the base rows.
  for (const [host, life, step, instants] of [
    [0, 0, 0, 1],
    [1, 0, 29, 5],
    [4711, 2, 107, 10],
    [9999, 1, 1000, 1],
  ] as const) {
    const frame = sent(kind, host, life, step, instants);
    if (frame.kind !== 'metrics') throw new Error('a frame of samples');
    expect(frame).toMatchObject({ sequence: 7, floor: 3, boot: newLife(1, host, life, BEGAN).boot });
    for (const [section, { times, values }] of frame.sections.entries()) {
      const { from, count } = kind.pages.sections[section]!;
      expect([...times]).toEqual(Array.from({ length: instants }, (_, i) => BEGAN + host + i * INTERVAL_MS));
      for (let i = 0; i < instants; i++) {
        const want = Array.from({ length: count }, (_, j) => kind.values.at(host, life, step + i, from + j));
        expect(Array.from(values.subarray(i * count, (i + 1) * count))).toEqual(want);
      }
    }
  }
});

test('hosts of one kind and phase differ in most series that move, and move alike', () => {
  const kind = new FleetKind('database', 100, recording, INTERVAL_MS, 10_000);
  const alike = Array.from({ length: 500 }, (_, host) => host).filter((host) => kind.values.phaseOf(host) === 3);
  const [a, b] = alike as [number, number];
  let different = 0;
  let moving = 0;
  for (let series = 0; series < kind.values.count; series++) {
    const first = [a, b].map((host) => kind.values.at(host, 0, 10, series));
    const later = [a, b].map((host) => kind.values.at(host, 0, 60, series));
    if (first[0] === later[0]) continue;
    moving++;
    if (first[0] !== first[1]) different++;
    expect(later[0]! - first[0]!).toBeCloseTo(later[1]! - first[1]!, 3);
  }
  expect(moving).toBeGreaterThan(20);
  expect(different).toBeGreaterThan(moving / 2);
});

test('a kind has as many series as it is asked for, each once; a restart changes the containers and nothing else', () => {
  for (const count of [1, 10, 100, 1000]) {
    for (const name of KINDS) {
      const kind = new FleetKind(name, count, recording, INTERVAL_MS, 100);
      const keys = Array.from({ length: count }, (_, place) => JSON.stringify(kind.pages.seriesIn(place, 0)));
      expect(new Set(keys).size, `${count} of ${name}`).toBe(count);
      for (const section of kind.pages.sections.keys())
        expect(kind.pages.page(section, 0).bytes.length).toBeGreaterThan(0);
    }
  }
  const web = new FleetKind('web', 100, recording, INTERVAL_MS, 100).pages;
  const changed = web.sections.filter((_, section) => web.page(section, 0).hash !== web.page(section, 1).hash);
  expect(changed).toEqual([{ from: 90, count: 10, passing: true }]);
});

test('a mix of kinds is kept to, by few hosts already', () => {
  const count = (hosts: number) => {
    const kinds = Array.from({ length: hosts }, (_, host) => kindOf(USUAL_MIX, host));
    return KINDS.map((kind) => kinds.filter((one) => one === kind).length);
  };
  expect(
    count(10)
      .slice(0, 4)
      .every((hosts) => hosts >= 1),
  ).toBe(true);
  const [web, database, device, router, server] = count(10_000);
  expect(
    Math.abs(web! - 5000) + Math.abs(database! - 1500) + Math.abs(device! - 2500) + Math.abs(router! - 1000),
  ).toBeLessThan(50);
  expect(server).toBe(0);
});
