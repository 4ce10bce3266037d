import { appendFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

/** A log file whose lines are numbered, so that a missing or doubled one can be named; rotated by rename now and then. */
export class NumberedLog {
  readonly #folder: string;
  readonly #name: string;
  readonly #random: () => number;
  #next = 0;
  #rotations = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(folder: string, name: string, random: () => number) {
    this.#folder = folder;
    this.#name = name;
    this.#random = random;
  }

  /** Lines written so far. */
  get lines(): number {
    return this.#next;
  }

  start(everyMs: number): void {
    this.#timer = setInterval(() => this.write(1 + Math.floor(this.#random() * 20)), everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  write(count: number): void {
    const file = join(this.#folder, 'app.log');
    let text = '';
    for (let i = 0; i < count; i++)
      text += `${this.#level()} request ${this.#name} took 12 ms number=${this.#next++}\n`;
    appendFileSync(file, text);
    if (this.#random() < 0.02) renameSync(file, join(this.#folder, `app.log.${++this.#rotations}`));
  }

  #level(): string {
    const dice = this.#random();
    return dice < 0.1 ? 'ERROR' : dice < 0.3 ? 'DEBUG' : 'INFO';
  }
}
