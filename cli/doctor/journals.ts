import { existsSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { inspectJournal } from '../../lib/journal/inspect.ts';
import { type ChainReport, isDamage, verifyChain } from '../../lib/journal/verify.ts';
import { readOnlyFiles } from '../../lib/read-only-files.ts';
import { findOwner, type Owner } from '../journal/owner.ts';
import { isSound } from '../journal/report.ts';
import { bytesText, many, spanText } from '../terminal/text.ts';
import { type Check, fail, ok, systemReason, warn } from './check.ts';

/** More than this takes minutes to read: then "journal verify" is named instead. */
const READ_WHOLE_BYTES = 1024 ** 3;
/** Waiting this long at a tier that runs, something does not move. */
const STUCK_MS = 120_000;
const AHEAD_MS = 60_000;

export interface JournalFacts {
  readonly checks: readonly Check[];
  readonly owner: Owner | null;
  /** On disk now. */
  readonly bytes: number;
}

/**
 * A journal: sound, within its cap, moving; and by its newest record whether the clock went back.
 * @param reader whose delivery counts, null where none does
 */
export async function checkJournal(
  what: string,
  directory: string,
  reader: string | null,
  maxBytes: number,
  now: number,
): Promise<JournalFacts> {
  if (!existsSync(directory))
    return { checks: [ok(what, `${directory} is not there yet: this tier never ran here`)], owner: null, bytes: 0 };
  const inspection = { directory, files: readOnlyFiles, crc32 };
  const owner = findOwner(directory);
  try {
    const view = await inspectJournal(inspection);
    const checks: Check[] = [];
    if (view.bytes > READ_WHOLE_BYTES) {
      checks.push(ok(what, `${bytesText(view.bytes)}; to read all of it: heliograph journal verify ${directory}`));
    } else {
      const reports: ChainReport[] = [];
      for (const chain of view.chains) reports.push(await verifyChain(inspection, chain, owner.state !== 'stopped'));
      const records = reports.reduce((sum, report) => sum + report.records, 0);
      if (isSound(view, reports))
        checks.push(ok(what, `${many(records, 'record')} in ${bytesText(view.bytes)}, all whole`));
      else {
        const places = reports.flatMap((report) => report.findings).filter(isDamage).length + view.cursorDamage.length;
        const fix = `see which: heliograph journal verify ${directory}. What is whole is delivered, the rest counted as corrupt; check the disk`;
        checks.push(fail(what, `${many(places, 'place')} damaged`, fix));
      }
    }
    const share = maxBytes > 0 ? view.bytes / maxBytes : 0;
    if (share > 0.8) {
      const fix = 'the next tier is away or too slow; raise the cap, or see why nothing moves';
      checks.push(warn(what, `${Math.round(share * 100)} % of its cap of ${bytesText(maxBytes)} is used`, fix));
    }
    for (const drop of view.drops) {
      const found = `gave up ${many(drop.items, 'item')} of ${drop.chain} (${drop.reason})`;
      checks.push(warn(what, found, 'a larger cap or age keeps more; the gap is declared and shown with its reason'));
    }
    if (reader !== null) checks.push(...view.chains.flatMap((chain) => waiting(what, chain, reader, owner, now)));
    const newest = Math.max(...view.chains.map(({ newest }) => newest).filter((time) => !Number.isNaN(time)), 0);
    if (newest > now + AHEAD_MS) {
      const found = `the newest record was written ${spanText(newest - now)} in the future: the clock went back`;
      checks.push(warn('clock', found, 'let NTP keep it: timedatectl set-ntp true'));
    }
    return { checks, owner, bytes: view.bytes };
  } catch (error) {
    const fix = 'run this as the user that the tier runs as, or as root';
    return { checks: [fail(what, `${directory}: ${systemReason(error)}`, fix)], owner, bytes: 0 };
  }
}

function waiting(
  what: string,
  chain: Awaited<ReturnType<typeof inspectJournal>>['chains'][number],
  name: string,
  owner: Owner,
  now: number,
): Check[] {
  const reader = chain.readers.find((one) => one.name === name);
  if (!reader || reader.queued.records <= 0) return [];
  // Everything in older segments is done where the floor is beyond them: the first that is not tells how old it may be.
  const index = chain.segments.findIndex((_, at) => (chain.segments[at + 1]?.start ?? chain.end) > reader.floor);
  const since = chain.segments[index]?.header?.created ?? now;
  const found = `${many(reader.queued.records, 'frame')} of ${chain.name} wait`;
  if (owner.state !== 'running')
    return [
      warn(
        what,
        `${found}, and the tier is stopped`,
        'start it, or deliver them: heliograph journal drain --config FILE',
      ),
    ];
  if (now - since < STUCK_MS || reader.queued.records < 100) return [];
  return [
    warn(
      what,
      `${found}, some perhaps for ${spanText(now - since)}`,
      'see whether the next tier is reached and takes them',
    ),
  ];
}
