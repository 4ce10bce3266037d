import { HeliographError } from '../../lib/errors.ts';
import { encodePage } from '../../proto/page.ts';
import type { OutputSample, OutputSeries } from './output-series.ts';
import { type OutputSketch, sketchBodies } from './output-sketches.ts';

/** What closed windows came to. */
export interface ClosedOutputs {
  readonly samples: readonly OutputSample[];
  readonly sketches: readonly OutputSketch[];
}

/** Those of outputs that the wire can hold, each by itself: for when all together cannot be written, so that no group takes others with it. */
export function writableOutputs({ samples, sketches }: ClosedOutputs): ClosedOutputs {
  const known = new Map<OutputSeries, boolean>();
  const isWritable = (series: OutputSeries) => {
    const found = known.get(series) ?? holds(() => encodePage([series]));
    known.set(series, found);
    return found;
  };
  return {
    samples: samples.filter(({ series }) => isWritable(series)),
    sketches: sketches.filter((sketch) => holds(() => sketchBodies([sketch], null, true))),
  };
}

function holds(write: () => unknown): boolean {
  try {
    write();
    return true;
  } catch (error) {
    if (!(error instanceof HeliographError)) throw error;
    return false;
  }
}
