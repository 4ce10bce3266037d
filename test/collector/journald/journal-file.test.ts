import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type JournalEntry, JournalFile } from '../../../collector/core/journald/journal-file.ts';
import { unpackLz4 } from '../../../collector/core/journald/lz4.ts';
import { createNodeHost } from '../../../collector/node/host.ts';
import { seeded } from '../random.ts';

const host = createNodeHost({ log: () => undefined });
const fixture = (name: string): Buffer => gunzipSync(readFileSync(new URL(`./fixtures/${name}.gz`, import.meta.url)));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Said {
  readonly realtime: string;
  readonly boot: string;
  readonly fields: readonly string[];
}

/** What journalctl -o export says (systemd.io/JOURNAL_EXPORT_FORMATS). Bytes as Latin-1. */
function exported(bytes: Buffer): Said[] {
  const all: Said[] = [];
  let fields: [string, string][] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at);
    const line = bytes.toString('latin1', at, end);
    at = end + 1;
    if (line === '') {
      if (fields.length > 0) all.push(said(fields));
      fields = [];
      continue;
    }
    const equals = line.indexOf('=');
    if (equals >= 0) fields.push([line.slice(0, equals), line.slice(equals + 1)]);
    else {
      const length = Number(bytes.readBigUInt64LE(at));
      fields.push([line, bytes.toString('latin1', at + 8, at + 8 + length)]);
      at += 8 + length + 1;
    }
  }
  if (fields.length > 0) all.push(said(fields));
  return all;
}

const said = (fields: readonly [string, string][]): Said => ({
  realtime: fields.find(([name]) => name === '__REALTIME_TIMESTAMP')![1],
  boot: fields.find(([name]) => name === '_BOOT_ID')![1],
  fields: fields
    .filter(([name]) => !name.startsWith('__'))
    .map(([name, value]) => `${name}=${value}`)
    .sort(),
});

function open(bytes: Uint8Array): { journal: JournalFile | string; close(): void } {
  const path = join(folder, 'x.journal');
  writeFileSync(path, bytes);
  const fd = openSync(path, 'r');
  return { journal: JournalFile.open(host, fd), close: () => closeSync(fd) };
}

function all(journal: JournalFile): JournalEntry[] {
  const entries = [];
  for (let entry = journal.next(); entry !== null; entry = journal.next()) if (entry !== 'damaged') entries.push(entry);
  return entries;
}

const shown = ({ realtime, bootId, fields }: JournalEntry): Said => ({
  realtime: String(realtime),
  boot: bootId,
  fields: fields.map((field) => Buffer.from(field).toString('latin1')).sort(),
});

describe('a journal file', () => {
  const entries = exported(fixture('entries.export'));

  for (const name of ['plain', 'compact', 'zstd', 'zstd-compact', 'lz4']) {
    it(`${name}: every entry, with all its fields, as journalctl gives it`, () => {
      const { journal, close } = open(fixture(`${name}.journal`));
      if (typeof journal === 'string') throw new Error(journal);
      const read = all(journal);
      expect(read).toHaveLength(200);
      expect(read.map(shown)).toEqual(entries);
      expect(read.every(({ unreadable }) => unreadable === 0)).toBe(true);
      expect(journal.damaged).toBe(0);
      // From any number on the same, and from one that is not there the next.
      for (const at of [0, 1, 57, 198, 199]) {
        journal.seek(read[at]!.sequence);
        expect(all(journal)).toEqual(read.slice(at));
      }
      journal.seek(read.at(-1)!.sequence + 1);
      expect(journal.next()).toBeNull();
      close();
    });
  }

  it('xz: fields that are packed so are counted, and all else is there', () => {
    const { journal, close } = open(fixture('xz.journal'));
    if (typeof journal === 'string') throw new Error(journal);
    const read = all(journal);
    expect(read).toHaveLength(200);
    const unreadable = read.filter((entry) => entry.unreadable > 0);
    expect(unreadable.length).toBeGreaterThan(20);
    read.forEach((entry, i) => {
      const fields = shown(entry).fields;
      expect(fields.length + entry.unreadable).toBe(entries[i]!.fields.length);
      for (const field of fields) expect(entries[i]!.fields).toContain(field);
    });
    close();
  });

  it('says why it cannot be read', () => {
    const good = fixture('plain.journal');
    const cases: [Uint8Array, string][] = [
      [new Uint8Array(0), 'shorter'],
      [good.subarray(0, 100), 'shorter'],
      [Buffer.alloc(4096, 'x'), 'no journal'],
    ];
    const newer = Buffer.from(good);
    newer[12] = 0x20;
    cases.push([newer, 'newer form (flags 0x20)']);
    for (const [bytes, why] of cases) {
      const { journal, close } = open(bytes);
      expect(journal).toContain(why);
      close();
    }
  });

  it('that is torn or damaged gives what can be read, ends, and never throws', () => {
    const random = seeded(3);
    for (const name of ['plain', 'zstd-compact', 'lz4']) {
      const good = fixture(`${name}.journal`);
      // The hash tables in front are not read; the objects begin behind them.
      const used = Number(good.readBigUInt64LE(136)) + 4096;
      const objects = Number(good.readBigUInt64LE(104)) + Number(good.readBigUInt64LE(112));
      let some = 0;
      for (let round = 0; round < 60; round++) {
        const bad = Buffer.from(good.subarray(0, round % 3 === 0 ? objects + random(used - objects) : used));
        // Places in the head, in arrays, in entries: anything.
        for (let i = 0; i < 1 + random(40); i++)
          bad[random(60) === 0 ? 88 + random(120) : Math.min(bad.length - 1, objects + random(used - objects))] =
            random(256);
        const { journal, close } = open(bad);
        if (typeof journal !== 'string') {
          const read = all(journal);
          some += read.length;
          expect(read.length).toBeLessThan(100_000);
          journal.seek(100);
          journal.next();
        }
        close();
      }
      expect(some).toBeGreaterThan(1000);
    }
  });

  it('unpacks no LZ4 that is damaged into more than its size', () => {
    const random = seeded(5);
    const block = Uint8Array.from([0x4f, 1, 2, 3, 4, 4, 0, 255, 20, 0x50, 9, 8, 7, 6, 5]);
    expect(unpackLz4(block, 0, 4 + 4 + 15 + 255 + 20 + 5)).toHaveLength(303);
    for (let round = 0; round < 5000; round++) {
      const bad = Uint8Array.from(block, (byte) => (random(4) === 0 ? random(256) : byte)).subarray(0, 1 + random(15));
      const out = unpackLz4(bad, 0, 303);
      if (out !== null) expect(out).toHaveLength(303);
    }
  });
});
