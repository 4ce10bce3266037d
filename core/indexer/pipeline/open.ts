import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../lib/log.ts';
import type { Registry } from '../../../lib/metrics.ts';
import type { CoreConfig } from '../../config.ts';
import { Pipeline } from './pipeline.ts';

export interface OpenPipeline {
  readonly pipeline: Pipeline;
  /** No more looking at files; resolves when the last look is over. */
  close(): Promise<void>;
}

/** The pipeline of a core, its files looked at as often as the configuration says; null where it asks for nothing. @throws as Pipeline.open */
export async function openPipeline(
  config: Pick<CoreConfig, 'indexer' | 'retention'>,
  deps: { readonly log: Logger; readonly clock: Clock; readonly registry: Registry },
): Promise<OpenPipeline | null> {
  const pipeline = await Pipeline.open(config.indexer, {
    log: deps.log,
    registry: deps.registry,
    mono: () => deps.clock.mono(),
    breathe: () => setImmediate(),
    retentionMs: config.retention.logs,
  });
  if (pipeline === null) return null;
  let looking: Promise<void> = Promise.resolve();
  let idle = true;
  const timer = setInterval(() => {
    if (!idle) return;
    idle = false;
    looking = pipeline.reload().finally(() => {
      idle = true;
    });
  }, config.indexer.reload);
  timer.unref();
  return {
    pipeline,
    close: () => {
      clearInterval(timer);
      return looking;
    },
  };
}
