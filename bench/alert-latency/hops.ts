import { readFileSync } from 'node:fs';
import type { HeardAlert } from './heard.ts';
import type { Trace } from './trace.ts';

/** Parts of an event's way, in their order, each in ms. They add up to all of it. */
export type Hops = Readonly<Record<string, number>>;

/** An alert's begin is the instant of the evaluation that found it, as its clock has it that never steps. */
const SAME_INSTANT_MS = 50;

type Of<What extends Trace['what']> = Extract<Trace, { readonly what: What }>;

/** What a core wrote down of one run, in the order of time. */
export class Traces {
  readonly #frames: readonly Of<'frame'>[];
  readonly #rules: readonly Of<'rule'>[];
  readonly #sent: readonly Of<'notification'>[];

  private constructor(traces: readonly Trace[]) {
    const of = <What extends Trace['what']>(what: What) => traces.filter((one): one is Of<What> => one.what === what);
    this.#frames = of('frame').sort((a, b) => a.taken - b.taken);
    this.#rules = of('rule').sort((a, b) => a.held - b.held);
    this.#sent = of('notification').sort((a, b) => a.sent - b.sent);
  }

  static read(file: string): Traces {
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    return new Traces(lines.map((line) => JSON.parse(line) as Trace));
  }

  /** The way of a value over its threshold; null: a part of it was not seen. @param at ms, the first sample over it @param heard of it */
  ofThreshold(at: number, alert: string, heard: HeardAlert): Hops | null {
    // A sample's time is the instant it was due, a little before the value was read.
    const frame = this.#frames.find(({ host, oldest }) => host === heard.instance && oldest >= at - 500);
    const sent = this.#sentOf(heard);
    const began = sent?.alerts.find((one) => isIt(one, heard))?.activeAt ?? Number.NaN;
    const rule = this.#rules.find((one) => one.alert === alert && Math.abs(one.time - began) <= SAME_INSTANT_MS);
    if (!frame || !rule || !sent) return null;
    return {
      'sampled, to its frame': frame.created - at,
      'frame, to the relay': frame.received - frame.created,
      'at the relay': frame.came - frame.received,
      'at the core, to its turn': frame.decoded - frame.came,
      'its turn, to the store': frame.taken - frame.decoded,
      'stored, to an evaluation': rule.began - frame.taken,
      'the rule asks the store': rule.answered - rule.began,
      'the alert is kept': rule.held - rule.answered,
      'waits to be told (groupWait 1 s)': sent.begun - rule.held,
      'to the webhook': heard.at - sent.begun,
    };
  }

  /** The way of a host's end; null: a part of it was not seen. */
  ofSilence(at: number, heard: HeardAlert): Hops | null {
    const sent = this.#sentOf(heard);
    const alert = sent?.alerts.find((one) => isIt(one, heard));
    if (!sent || !alert || alert.eventAt === null) return null;
    return {
      'until its relay ended the connection': alert.eventAt - at,
      'until the core holds the alert': alert.activeAt - alert.eventAt,
      'waits to be told (groupWait 1 s)': sent.begun - alert.activeAt,
      'to the webhook': heard.at - sent.begun,
    };
  }

  #sentOf(heard: HeardAlert): Of<'notification'> | undefined {
    return this.#sent.find(
      ({ begun, sent, alerts }) => begun <= heard.at && sent >= heard.at && alerts.some((one) => isIt(one, heard)),
    );
  }
}

function isIt({ labels, status }: { labels: Readonly<Record<string, string>>; status: string }, heard: HeardAlert) {
  const instance = labels.instance ?? labels.relay ?? '';
  return labels.alertname === heard.name && instance === heard.instance && status === heard.status;
}
