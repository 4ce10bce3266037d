import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { after } from '../lib/after.ts';
import type { JournalFiles, JournalOptions } from '../lib/journal/contract.ts';
import { Journal } from '../lib/journal/journal.ts';
import type { Logger } from '../lib/log.ts';
import { DEFINITION_CHAINS, frameChains } from './chains.ts';
import type { RelayConfig } from './config.ts';
import { DEFINITION_SEGMENT_BYTES } from './definition-segment.ts';

/**
 * Opens the journals of a relay: of frames, and of the definitions that they name.
 * @throws HeliographError HG_JOURNAL_*
 */
export async function openJournals(
  config: RelayConfig,
  parts: {
    readonly files: JournalFiles;
    /** The clock of both, ms. */
    readonly now: () => number;
    readonly log: Logger;
    /** Frames were given up. */
    readonly onDrop: NonNullable<JournalOptions['onDrop']>;
  },
): Promise<{ readonly journal: Journal; readonly definitions: Journal }> {
  const { files, now, log, onDrop } = parts;
  const common = { files, now, crc32, timer: after, mode: 'disk' as const };
  const onDamage = (damage: object) => log.error('damage in the journal; skipped and counted', { ...damage });
  const journal = await Journal.open({
    ...common,
    directory: join(config.dataDir, 'journal'),
    chains: frameChains(config.journal.maxAge, {
      rollups: config.rollups !== undefined,
      rules: config.rules !== undefined,
    }),
    segmentBytes: config.journal.segmentBytes,
    maxBytes: config.journal.maxBytes,
    lingerMs: config.journal.linger,
    onDrop,
    onDamage,
  });
  const definitions = await Journal.open({
    ...common,
    directory: join(config.dataDir, 'definitions'),
    chains: DEFINITION_CHAINS,
    segmentBytes: DEFINITION_SEGMENT_BYTES,
    maxBytes: config.limits.definitionBytesTotal,
    lingerMs: config.journal.linger,
    onDamage,
  });
  return { journal, definitions };
}
