import { HeliographError } from '../../../lib/errors.ts';
import type { Logger } from '../../../lib/log.ts';
import { answerError, engineError, retryAfterMs, type VictoriaMetricsClient } from './client.ts';
import { compressBody, type Encoding, headersOf, transcodeBody } from './compress.ts';
import { halves, PlainRequest, partsOf, type RequestPart, seriesIn } from './encode.ts';
import type { FrameRows, Piece } from './job.ts';
import { type Look, lookAt } from './look.ts';
import { SnappyRequest } from './snappy-request.ts';
import { type Body, heldBy, Unconfirmed } from './unconfirmed.ts';

export interface AddressFigures {
  /** A request was answered with a success. */
  sent(samples: number, series: number, bytes: number): void;
  /** Bytes of requests that were not safe when the engine was started anew. */
  resent(bytes: number): void;
  /** Rows the engine says it dropped behind a success. */
  ignored(reason: string, rows: number): void;
}

export interface AddressParts {
  readonly client: VictoriaMetricsClient;
  /** Its place among the addresses. */
  readonly place: number;
  readonly url: string;
  /** The processes that keep what they are given: itself, or a cluster's storage nodes. */
  readonly lives: readonly string[];
  /** A cluster's insert nodes: they answer before the storage nodes have it, so their lives count too. */
  readonly inserts?: readonly string[];
  readonly requestSamples: number;
  readonly requests: number;
  readonly unconfirmedBytes: number;
  /** ms after an answer from which it is on disk. */
  readonly settleMs: () => number;
  readonly now: () => number;
  /** Steady clock, ms. */
  readonly mono: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Lets others have their turn. */
  readonly breathe: () => Promise<unknown>;
  readonly log: Logger;
  readonly figures: AddressFigures;
  /** The engine cannot be used now. */
  readonly onDoubt: (error: HeliographError) => void;
}

/** How long a request is tried before whoever waits is told. */
const PATIENCE_MS = 10_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 3_000;
/** Samples that are encoded before others have their turn: some ms of work. */
const SAMPLES_AT_ONCE = 50_000;
/** Two lives that begin in one second have one number: a life counts from here on, s. */
const SURE_AFTER = 2;

/** Samples on their way to one address: what waits, what is being sent, what is answered and not safe yet. */
export class Address {
  readonly #parts: AddressParts;
  readonly #stop = new AbortController();
  readonly #unconfirmed = new Unconfirmed();
  #waiting: Piece[] = [];
  #again: Body[] = [];
  #running = 0;
  readonly #spaces: Buffer[] = [];
  #life: string | null = null;
  #looks: readonly Look[] = [];
  #insertLooks: readonly Look[] = [];
  /** The life that was last seen, and the one whose settings were found good. */
  #seen = '';
  #trusted: string | null = null;
  #encoding: Encoding = 'snappy';
  /** By the steady clock: nothing is sent before. */
  #notBefore = 0;

  constructor(parts: AddressParts) {
    this.#parts = parts;
  }

  get url(): string {
    return this.#parts.url;
  }

  get unconfirmedBytes(): number {
    return this.#unconfirmed.bytes + this.#again.reduce((sum, body) => sum + heldBy(body), 0);
  }

  get waitingSamples(): number {
    return this.#waiting.reduce((sum, piece) => sum + piece.samples, 0);
  }

  /** Of those that keep data, as last seen. */
  get looks(): readonly Look[] {
    return this.#looks;
  }

  /** Of a cluster's insert nodes. */
  get insertLooks(): readonly Look[] {
    return this.#insertLooks;
  }

  /** Whether something is not safe yet. */
  get busy(): boolean {
    return this.#unconfirmed.size > 0 || this.#again.length > 0;
  }

  push(piece: Piece): void {
    this.#waiting.push(piece);
    this.#pump();
  }

  /**
   * Asks whether it still lives; what was answered long enough ago is safe, what another life answered is to be sent again. Another life may be set up
   * in another way: nothing is sent to it before somebody has looked at that and called `resume`.
   * @throws HeliographError HG_ENGINE_DOWN, HG_ENGINE_LOGIN, HG_ENGINE_ADDRESS, HG_ENGINE_VERSION
   */
  async look(): Promise<void> {
    await this.inspect();
    if (this.#seen === this.#trusted) {
      this.#life = this.#seen;
      this.#pump();
      return;
    }
    this.#life = null;
    throw new HeliographError('HG_ENGINE_DOWN', `${this.#parts.url} was started anew; its settings are looked at`);
  }

  /** Its settings are good: what waits is sent. */
  resume(): void {
    this.#trusted = this.#seen;
    this.#life = this.#seen;
    this.#pump();
  }

  /** The same as `look` for whoever is about to judge its settings. @throws HeliographError as `look` */
  async inspect(): Promise<void> {
    const { client, lives, inserts = [], mono, settleMs, log, figures } = this.#parts;
    const asked = mono();
    let all: Look[];
    try {
      all = await Promise.all([...lives, ...inserts].map((address) => lookAt(client, address)));
    } catch (error) {
      this.#life = null;
      throw error;
    }
    const looks = all.slice(0, lives.length);
    const life = all.map(({ started }) => started).join(' ');
    if (life === this.#seen) this.#countIgnored(looks);
    this.#seen = life;
    this.#looks = looks;
    this.#insertLooks = all.slice(lives.length);
    const { safe, lost } = this.#unconfirmed.look(life, asked, settleMs());
    for (const body of safe) for (const piece of body.pieces) piece.end();
    if (lost.length > 0) {
      const bytes = lost.reduce((sum, body) => sum + body.bytes.length, 0);
      figures.resent(bytes);
      log.warn('the metric store was started anew; what it may have lost is sent again', {
        address: this.#parts.url,
        requests: lost.length,
        samples: lost.reduce((sum, body) => sum + body.samples, 0),
      });
      this.#again.push(...lost);
    }
    if (all.every(({ uptime }) => uptime >= SURE_AFTER)) return;
    this.#life = null;
    throw new HeliographError('HG_ENGINE_DOWN', `${this.#parts.url} has just been started`);
  }

  /**
   * Finds out which encoding it takes, by a request without samples.
   * @throws HeliographError HG_ENGINE_DOWN, HG_ENGINE_LOGIN, HG_ENGINE_ADDRESS, HG_ENGINE_REFUSED
   */
  async probe(): Promise<void> {
    for (const encoding of ['zstd', 'snappy'] as const) {
      const bytes = await compressBody(encoding, new Uint8Array(0));
      const answer = await this.#ask(bytes, encoding);
      if (answer.status >= 200 && answer.status < 300) {
        this.#encoding = encoding;
        return;
      }
      // 1.79 answers 400: it takes every body for snappy.
      if (answer.status !== 400 || encoding === 'snappy') {
        throw answerError(`VictoriaMetrics at ${this.#parts.url}`, answer.status, answer.body.toString());
      }
    }
  }

  /** Gives back what waits; what was answered stays to be confirmed. */
  giveBack(error: Error): void {
    for (const piece of this.#waiting.splice(0)) piece.job.fail(error);
  }

  close(error: Error): void {
    this.#stop.abort();
    this.giveBack(error);
    for (const body of [...this.#unconfirmed.clear(), ...this.#again.splice(0)]) {
      for (const piece of body.pieces) piece.job.fail(error);
    }
  }

  #countIgnored(looks: readonly Look[]): void {
    const { figures, log, url } = this.#parts;
    for (const [i, { ignored }] of looks.entries()) {
      for (const [reason, rows] of ignored) {
        const more = rows - (this.#looks[i]!.ignored.get(reason) ?? 0);
        if (more <= 0) continue;
        figures.ignored(reason, more);
        log.error('the metric store dropped rows behind a success', { address: url, reason, rows: more });
      }
    }
  }

  #pump(): void {
    const { requests, requestSamples, unconfirmedBytes } = this.#parts;
    while (this.#running < requests && this.#life !== null && !this.#stop.signal.aborted) {
      const body = this.#again.shift();
      if (body) {
        this.#run(this.#sendAgain(body), body.pieces);
        continue;
      }
      if (this.#waiting.length === 0 || this.unconfirmedBytes >= unconfirmedBytes) return;
      let samples = 0;
      let end = 0;
      while (end < this.#waiting.length && (end === 0 || samples + this.#waiting[end]!.samples <= requestSamples)) {
        samples += this.#waiting[end++]!.samples;
      }
      const pieces = this.#waiting.splice(0, end);
      this.#run(this.#send(pieces), pieces);
    }
  }

  #run(work: Promise<void>, pieces: readonly Piece[]): void {
    this.#running++;
    const done = () => {
      this.#running--;
      this.#pump();
    };
    work.then(done, (error: unknown) => {
      const typed = engineError(`VictoriaMetrics at ${this.#parts.url}`, error);
      for (const piece of pieces) piece.job.fail(typed);
      if (typed.code !== 'HG_STORE_CLOSED' && typed.code !== 'HG_ENGINE_REFUSED') this.#parts.onDoubt(typed);
      done();
    });
  }

  async #send(pieces: readonly Piece[]): Promise<void> {
    const rows = pieces.flatMap((piece) => piece.rows);
    await this.#deliver(partsOf(rows, this.#parts.place), pieces, false);
    for (const piece of pieces) piece.accepted();
  }

  /** A request that is refused is halved until the series is found that is meant. */
  async #deliver(parts: readonly RequestPart<FrameRows>[], pieces: readonly Piece[], halved: boolean): Promise<void> {
    const series = seriesIn(parts);
    if (series === 0) return;
    const encoding = this.#encoding;
    const { bytes, samples } = await this.#encode(parts, encoding);
    if (samples === 0) return;
    const { life, refused } = await this.#post(bytes, encoding);
    if (this.#stop.signal.aborted) throw new HeliographError('HG_STORE_CLOSED', this.#parts.url);
    if (refused !== null) {
      if (!halved) await this.#expectWell(encoding, refused);
      if (series === 1) {
        const { rows, columns, from } = parts.find((part) => part.to > part.from)!;
        for (const row of rows) row.frame.refuse(row, columns === null ? from : columns[from]!, refused);
        return;
      }
      for (const half of halves(parts)) await this.#deliver(half, pieces, true);
      return;
    }
    for (const piece of pieces) piece.begin();
    this.#unconfirmed.add({ bytes, encoding, pieces, samples, life, answered: this.#parts.mono() });
    this.#parts.figures.sent(samples, series, bytes.length);
  }

  /** A refusal says something of a series only where a request without any is taken: a proxy or a wrong encoding refuses everything. */
  async #expectWell(encoding: Encoding, refused: string): Promise<void> {
    const { status } = await this.#ask(await compressBody(encoding, new Uint8Array(0)), encoding);
    if (status >= 200 && status < 300) return;
    throw new HeliographError('HG_ENGINE_DOWN', `${this.#parts.url} refuses every request: ${refused}`);
  }

  /** What is made before it is sent is large and short-lived: its space is used again. */
  async #encode(parts: readonly RequestPart<FrameRows>[], encoding: Encoding) {
    const { breathe } = this.#parts;
    let space: Buffer | undefined;
    const take = (size: number) => {
      const found = this.#spaces.findIndex((one) => one.length >= size);
      space = found < 0 ? Buffer.allocUnsafeSlow(size + (size >> 2)) : this.#spaces.splice(found, 1)[0]!;
      return space;
    };
    try {
      const request = encoding === 'snappy' ? new SnappyRequest(parts, take) : new PlainRequest(parts, take);
      let told = 0;
      for (const part of parts) {
        if (request.samples - told >= SAMPLES_AT_ONCE) {
          told = request.samples;
          await breathe();
        }
        request.part(part);
      }
      const bytes = request.take();
      const { samples } = request;
      if (samples === 0 || encoding === 'snappy') return { samples, bytes };
      // A page comes back with the next host that has it.
      const pages = new Set(parts.map(({ rows }) => rows[0]!.group.page)).size;
      return { samples, bytes: await compressBody(encoding, bytes, (bytes.length * pages) / parts.length) };
    } finally {
      if (space) this.#spaces.push(space);
      if (this.#spaces.length > this.#parts.requests) this.#spaces.shift();
    }
  }

  async #sendAgain(body: Body): Promise<void> {
    const encoding = this.#encoding;
    const bytes = body.encoding === encoding ? body.bytes : await transcodeBody(body.encoding, encoding, body.bytes);
    const { life, refused } = await this.#post(bytes, encoding);
    // Whoever sent it sends it anew, and then the series that is meant is looked for.
    if (refused !== null) throw new HeliographError('HG_ENGINE_REFUSED', `${this.#parts.url}: ${refused}`);
    this.#unconfirmed.add({ ...body, bytes, encoding, life, answered: this.#parts.mono() });
  }

  /** Resolves with the life that took it, or why it was refused. */
  async #post(bytes: Uint8Array, encoding: Encoding): Promise<{ life: string; refused: string | null }> {
    const { mono, random, sleep, url } = this.#parts;
    const until = mono() + PATIENCE_MS;
    let pause = FIRST_PAUSE_MS;
    for (;;) {
      if (this.#stop.signal.aborted) throw new HeliographError('HG_STORE_CLOSED', url);
      let failure: HeliographError;
      let wait = pause * (0.5 + random() / 2);
      const life = this.#life;
      if (this.#notBefore > mono()) {
        failure = new HeliographError('HG_ENGINE_DOWN', `${url} asked to be left alone`);
        wait = this.#notBefore - mono();
      } else if (life === null) {
        failure = new HeliographError('HG_ENGINE_DOWN', `${url} does not say since when it lives`);
      } else {
        try {
          const answer = await this.#ask(bytes, encoding);
          if (answer.status >= 200 && answer.status < 300) return { life, refused: null };
          const text = answer.body.toString();
          if ([400, 413, 422].includes(answer.status))
            return { life, refused: `${answer.status} ${text.slice(0, 300)}` };
          failure = answerError(`VictoriaMetrics at ${url}`, answer.status, text);
          if (failure.code !== 'HG_ENGINE_DOWN') throw failure;
          const asked = retryAfterMs(answer.retryAfter, this.#parts.now());
          if (asked !== null) {
            this.#notBefore = mono() + asked;
            wait = asked;
          }
        } catch (error) {
          failure = engineError(`VictoriaMetrics at ${url}`, error);
          if (failure.code !== 'HG_ENGINE_DOWN') throw failure;
        }
      }
      if (mono() + wait > until) throw failure;
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      await sleep(wait, this.#stop.signal);
    }
  }

  #ask(body: Uint8Array, encoding: Encoding): ReturnType<VictoriaMetricsClient['ask']> {
    return this.#parts.client.ask(`${this.#parts.url}/api/v1/write`, {
      method: 'POST',
      headers: headersOf(encoding),
      body,
      signal: this.#stop.signal,
    });
  }
}
