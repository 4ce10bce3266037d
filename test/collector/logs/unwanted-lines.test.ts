import { expect, it } from 'vitest';
import type { Caps } from '../../../collector/core/caps/caps.ts';
import { DesiredLevels } from '../../../collector/core/logs/desired-levels.ts';
import { LineStages } from '../../../collector/core/logs/line-stages.ts';
import { LogPipeline } from '../../../collector/core/logs/log-pipeline.ts';
import { LogRules } from '../../../collector/core/logs/log-rules.ts';
import { RecordBatch, sourceIdentity } from '../../../collector/core/logs/record-batch.ts';
import type { Spool } from '../../../collector/core/spool/spool.ts';
import { createNodeHost } from '../../../collector/node/host.ts';
import type { MaskStage } from '../../../lib/mask/mask.ts';

const place = (wait: () => number) => {
  const timers: (() => void)[] = [];
  const host = createNodeHost({ log: () => undefined, timer: (run) => timers.push(run), cancel: () => undefined });
  const desired = new DesiredLevels(host);
  const asked: string[] = [];
  const lowest = desired.lowest.bind(desired);
  desired.lowest = (service, otherwise) => {
    asked.push(service);
    return lowest(service, otherwise);
  };
  const progress = { opened: () => undefined, forget: () => undefined, add: () => undefined };
  const caps = { readWaitMs: wait, shedding: { lowestRank: 0, reason: '' } } as unknown as Caps;
  const stages = new LineStages({
    host,
    desired,
    relabel: null,
    routes: null,
    caps,
    onDropped: () => undefined,
    zoneMinutes: 0,
  });
  const logs = new LogPipeline({
    host,
    spool: { progress } as unknown as Spool,
    rules: new LogRules([]),
    stages,
    mask: { bytes: () => 0, text: (text: string) => text.replace('secret', '******') } as unknown as MaskStage,
    onLost: () => undefined,
    caps,
    originOf: null,
    lingerMs: 10,
  });
  const batch = new RecordBatch('info');
  batch.add({ place: 0, time: 1, level: 'debug', service: 'a secret', fields: {} }, Buffer.from('x'));
  return { logs, stages, timers, asked, batch: batch.batch(sourceIdentity('journald:1', 'a'), 0, 1, null) };
};

it('reading waits for the CPU cap also where no line is wanted', () => {
  let wait = 50;
  const { logs, stages, timers, batch } = place(() => wait);
  let answered = 0;
  logs.take(batch, () => answered++);
  expect([answered, stages.stats.filtered]).toEqual([0, 1]);
  wait = 0;
  for (const run of timers.splice(0)) run();
  expect(answered).toBe(1);
  logs.take(batch, () => answered++);
  expect(answered).toBe(2);
});

it('covers secrets in the service that a program gives itself', () => {
  const { logs, asked, batch } = place(() => 0);
  logs.take(batch, () => undefined);
  expect(asked).toContain('a ******');
  expect(asked).not.toContain('a secret');
});
