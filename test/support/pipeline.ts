import { setImmediate } from 'node:timers/promises';
import { indexerConfig } from '../../core/indexer/pipeline/config.ts';
import { Pipeline, type PipelineDeps } from '../../core/indexer/pipeline/pipeline.ts';
import { silentLog } from '../../lib/log.ts';
import { Registry } from '../../lib/metrics.ts';

/** A pipeline of a section `indexer` as it stands in a file, with the registry that it counts in. */
export async function testPipeline(
  section: object,
  deps: Partial<PipelineDeps> = {},
): Promise<{ pipeline: Pipeline; registry: Registry }> {
  const registry = new Registry();
  const pipeline = await Pipeline.open(indexerConfig.parse(section), {
    log: silentLog,
    registry,
    mono: () => performance.now(),
    breathe: () => setImmediate(),
    retentionMs: 15 * 86_400_000,
    ...deps,
  });
  if (pipeline === null) throw new Error('the section asks for nothing');
  return { pipeline, registry };
}
