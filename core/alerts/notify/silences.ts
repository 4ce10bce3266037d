import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { HeliographError } from '../../../lib/errors.ts';
import { type AlertMatcher, type LabelTest, matcherTest, matcherText } from './matchers.ts';
import type { NotifyState } from './state/state.ts';

const MOST_SILENCES = 10_000;
/** Those that are not over: each alert is held against each. */
const MOST_IN_FORCE = 1000;
/** Those that are over are shown for so long. */
const OVER_KEPT_MS = 5 * 86_400_000;
const LABEL_VALUE_BYTES = 4096;

/** A time in which nobody is told of alerts with such labels. Times are ms since the epoch. */
export interface AlertSilence {
  readonly id: string;
  readonly matchers: readonly AlertMatcher[];
  readonly startsAt: number;
  readonly endsAt: number;
  readonly createdBy: string;
  readonly comment: string;
}

export type SilenceState = 'pending' | 'active' | 'expired';

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const form = z.strictObject({
  id: z.string().max(64).optional(),
  matchers: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(LABEL_VALUE_BYTES),
        value: z.string().max(LABEL_VALUE_BYTES),
        isRegex: z.boolean().default(false),
        isEqual: z.boolean().default(true),
      }),
    )
    .min(1)
    .max(50),
  startsAt: time.optional(),
  endsAt: time,
  /** Alertmanager's clients send it; here it is the token's name. */
  createdBy: z.string().optional(),
  comment: z.string().min(1).max(4096),
});

interface Fitting {
  readonly came: readonly AlertSilence[];
  tried: number;
  readonly fit: AlertSilence[];
}

/** Silences of a core and those beside it. */
export class AlertSilences {
  readonly #state: NotifyState;
  readonly #now: () => number;
  readonly #tests = new WeakMap<AlertSilence, LabelTest>();
  /** Those that there are, and in the order that they came, some gone since. */
  #there: ReadonlySet<AlertSilence> = new Set();
  #came: AlertSilence[] = [];
  #changed = true;
  /** Which fit some labels, of as many of those that came as were tried. */
  readonly #fitting = new WeakMap<object, Fitting>();

  /** @param now ms since the epoch, as people's clocks have it */
  constructor(state: NotifyState, now: () => number) {
    this.#state = state;
    this.#now = now;
    state.onChange(() => {
      this.#changed = true;
    });
  }

  /** The newest first. */
  all(): AlertSilence[] {
    return [...this.#state.all<AlertSilence>('silence')]
      .map(([, silence]) => silence)
      .sort((a, b) => b.startsAt - a.startsAt);
  }

  stateOf({ startsAt, endsAt }: AlertSilence): SilenceState {
    const now = this.#now();
    return endsAt <= now ? 'expired' : startsAt > now ? 'pending' : 'active';
  }

  /** Ids of those in force that fit. Each is tried once on the labels of an alert, so these are to be the same object at each look. */
  of(labels: Readonly<Record<string, string>>): string[] {
    if (this.#changed) this.#look();
    let known = this.#fitting.get(labels);
    if (known?.came !== this.#came) {
      known = { came: this.#came, tried: 0, fit: [] };
      this.#fitting.set(labels, known);
    }
    for (; known.tried < this.#came.length; known.tried++) {
      const silence = this.#came[known.tried]!;
      if (this.#there.has(silence) && this.#test(silence)(labels)) known.fit.push(silence);
    }
    return known.fit.filter((one) => this.#there.has(one) && this.stateOf(one) === 'active').map(({ id }) => id);
  }

  #look(): void {
    this.#changed = false;
    const there = new Set<AlertSilence>();
    for (const [, silence] of this.#state.all<AlertSilence>('silence')) {
      if (this.stateOf(silence) !== 'expired') there.add(silence);
    }
    for (const silence of there) if (!this.#there.has(silence)) this.#came.push(silence);
    this.#there = there;
    // So many are gone that all is tried anew.
    if (this.#came.length > 2 * there.size + MOST_IN_FORCE) this.#came = [...there];
  }

  get active(): number {
    return this.all().filter((silence) => this.stateOf(silence) === 'active').length;
  }

  /**
   * Makes one, or takes the place of one that is not over, by its id.
   * @param body as Alertmanager's API v2 takes it @param by who says so
   * @throws HeliographError HG_ALERT_SILENCE, HG_ALERT_UNKNOWN for an id that is none
   */
  async give(body: unknown, by: string): Promise<AlertSilence> {
    const parsed = form.safeParse(body);
    if (!parsed.success) throw new HeliographError('HG_ALERT_SILENCE', z.prettifyError(parsed.error));
    const now = this.#now();
    const { matchers, endsAt, comment, startsAt = now, id } = parsed.data;
    const test = testOf(matchers);
    if (test({})) {
      const detail = `${matcherText(matchers)} fits alerts without any label; give it one matcher that wants something`;
      throw new HeliographError('HG_ALERT_SILENCE', detail);
    }
    if (endsAt <= now || endsAt <= startsAt) {
      throw new HeliographError('HG_ALERT_SILENCE', 'endsAt is in the past, or not after startsAt');
    }
    const before = id === undefined ? undefined : this.#known(id);
    if (before && this.stateOf(before) === 'expired') {
      throw new HeliographError('HG_ALERT_SILENCE', `${id} is over; make a new one`);
    }
    const over = this.all().filter((one) => now - one.endsAt > OVER_KEPT_MS);
    if (!before && [...this.#state.all('silence')].length - over.length >= MOST_SILENCES) {
      throw new HeliographError('HG_ALERT_SILENCE', `there are ${MOST_SILENCES} already`);
    }
    const inForce = [...this.#state.all<AlertSilence>('silence')].filter(([, one]) => one.endsAt > now).length;
    if (!before && inForce >= MOST_IN_FORCE) {
      const detail = `${MOST_IN_FORCE} are in force or to come; end some, or make one with wider matchers`;
      throw new HeliographError('HG_ALERT_SILENCE', detail);
    }
    const silence = { id: before?.id ?? randomUUID(), matchers, startsAt, endsAt, createdBy: by, comment };
    const gone = over.map((one) => [`silence/${one.id}`, null] as const);
    await this.#state.put([[`silence/${silence.id}`, silence], ...gone], 0);
    return silence;
  }

  /** Ends one now. @throws HeliographError HG_ALERT_UNKNOWN */
  async expire(id: string): Promise<AlertSilence> {
    const silence = this.#known(id);
    const now = this.#now();
    if (silence.endsAt <= now) return silence;
    const ended = { ...silence, startsAt: Math.min(silence.startsAt, now), endsAt: now };
    await this.#state.put([[`silence/${id}`, ended]], 0);
    return ended;
  }

  #known(id: string): AlertSilence {
    const silence = this.#state.get<AlertSilence>('silence', id);
    if (!silence) throw new HeliographError('HG_ALERT_UNKNOWN', `there is no silence ${id}`, { id });
    return silence;
  }

  #test(silence: AlertSilence): LabelTest {
    let test = this.#tests.get(silence);
    if (!test) {
      test = testOf(silence.matchers);
      this.#tests.set(silence, test);
    }
    return test;
  }
}

/** @throws HeliographError HG_ALERT_SILENCE */
function testOf(matchers: readonly AlertMatcher[]): LabelTest {
  try {
    return matcherTest(matchers);
  } catch (error) {
    throw new HeliographError('HG_ALERT_SILENCE', (error as Error).message, {}, error);
  }
}
