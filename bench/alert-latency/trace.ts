/*
 * Loaded into a core's process before the core (`node --import`): writes down, a line of JSON each, when samples of some hosts, evaluations of rules and
 * notifications passed it. The core itself counts times as histograms; here each event is followed alone.
 */
import { appendFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import {
  METRIC_FRAME_TAKEN,
  type MetricFrameTaken,
  NOTIFICATION_SENT,
  type NotificationSent,
  RULE_HELD,
  type RuleHeld,
} from '../../core/traces.ts';

/** How often what was noted goes to the file: not with each event, which would be work between the events. */
const WRITE_EVERY_MS = 500;

export type Trace =
  | ({ readonly what: 'frame' } & MetricFrameTaken)
  | ({ readonly what: 'rule' } & RuleHeld)
  | ({ readonly what: 'notification' } & NotificationSent);

const { HELIOGRAPH_TRACE_FILE: file, HELIOGRAPH_TRACE_HOSTS: hosts = '' } = process.env;
if (isMainThread && file !== undefined) {
  let lines = '';
  const note = (trace: Trace) => {
    lines += `${JSON.stringify(trace)}\n`;
  };
  METRIC_FRAME_TAKEN.subscribe((message) => {
    const frame = message as MetricFrameTaken;
    if (frame.host.startsWith(hosts)) note({ what: 'frame', ...frame });
  });
  RULE_HELD.subscribe((message) => note({ what: 'rule', ...(message as RuleHeld) }));
  NOTIFICATION_SENT.subscribe((message) => note({ what: 'notification', ...(message as NotificationSent) }));
  setInterval(() => {
    if (lines === '') return;
    appendFileSync(file, lines);
    lines = '';
  }, WRITE_EVERY_MS).unref();
}
