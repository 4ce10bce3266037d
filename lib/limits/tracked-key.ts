import { DistinctSketch } from './distinct-sketch.ts';
import { Majority } from './majority.ts';
import { RollingSum } from './rolling-sum.ts';
import type { Weighed } from './top-keys.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Values shown of what grows, and characters of each. */
const EXAMPLES = 3;
const EXAMPLE_LENGTH = 60;

/** What is known of the series (or values) under one key: how many there are, and how many of them are new. */
export class TrackedKey implements Weighed {
  /** By how much `weight` may be too high, because the key took another's place; what is new of such a key may be, too. */
  readonly inherited: number;
  /** ms. */
  readonly from: number;
  weight: number;
  /** New ones by when they came, whoever brought them. */
  readonly hour = new RollingSum(HOUR / 12, 12);
  readonly day = new RollingSum(HOUR, 24);
  /** New ones that count as growth. */
  readonly growth = new RollingSum(MINUTE / 12, 12);
  readonly hourOfGrowth = new RollingSum(MINUTE, 60);
  /** Who brought the growth of the last minute. */
  readonly host = new Majority();
  readonly team = new Majority();
  /** The newest of what was new. */
  readonly examples: string[] = [];
  /** In this generation, and in the one before: what lives. */
  #now: DistinctSketch;
  #before: DistinctSketch | null = null;
  /** Of this day, and of this one and the one before: what is not new. */
  #young: DistinctSketch;
  #known: DistinctSketch;

  /** @param precision of its sketches @param inherited see TopKeys @param now ms */
  constructor(precision: number, inherited: number, now: number) {
    this.inherited = inherited;
    this.weight = inherited;
    this.from = now;
    this.#now = new DistinctSketch(precision);
    this.#young = new DistinctSketch(precision);
    this.#known = new DistinctSketch(precision);
  }

  /**
   * Adds a series, or a value.
   * @returns for how many new ones it stands; 0: it is known
   */
  add(hash: number, now: number): number {
    this.#now.add(hash);
    this.#young.add(hash);
    const fresh = this.#known.add(hash);
    if (fresh === 0) return 0;
    this.weight += fresh;
    this.hour.add(fresh, now);
    this.day.add(fresh, now);
    return fresh;
  }

  /** What was new was growth. @returns new ones of the last minute */
  grow(fresh: number, host: string, team: string, now: number): number {
    if (this.growth.sum(now) === 0) {
      this.host.clear();
      this.team.clear();
    }
    this.host.add(host);
    this.team.add(team);
    this.growth.add(fresh, now);
    this.hourOfGrowth.add(fresh, now);
    return this.growth.sum(now);
  }

  show(value: string): void {
    if (this.examples.length >= EXAMPLES) this.examples.shift();
    this.examples.push(value.length > EXAMPLE_LENGTH ? `${value.slice(0, EXAMPLE_LENGTH)}...` : value);
  }

  /** Growth that is usual in a minute: the mean of the last hour before this minute, or of the time since `from`. */
  usual(now: number): number {
    const minutes = Math.max(1, Math.min(60, (now - this.from) / MINUTE) - 1);
    return Math.max(0, this.hourOfGrowth.sum(now) - this.growth.sum(now)) / minutes;
  }

  /** Those that live. */
  live(): DistinctSketch {
    const both = this.#now.copy();
    if (this.#before) both.merge(this.#before);
    return both;
  }

  /** A generation ends: what is not added in the next one has gone after it. */
  turn(): void {
    this.#before = this.#now;
    this.#now = new DistinctSketch(this.#now.precision);
  }

  /** A day ends. What is not added in the next one is new when it comes after it. @returns false: nothing is known of the key any more */
  turnDay(): boolean {
    this.#known = this.#young;
    this.#young = new DistinctSketch(this.#young.precision);
    this.weight = this.#known.estimate;
    return this.weight > 0;
  }

  /** Bytes of its sketches. */
  get bytes(): number {
    return this.#now.bytes + (this.#before?.bytes ?? 0) + this.#young.bytes + this.#known.bytes;
  }
}
