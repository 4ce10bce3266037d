import type { Host } from '../../../collector/core/host.ts';
import type { LineBatch, LineConsumer, TailOptions } from '../../../collector/core/tail/contract.ts';
import { type Checkpoint, type LineClass, Progress, type SpoolMark } from '../../../collector/core/tail/positions.ts';
import { Tail } from '../../../collector/core/tail/tail.ts';
import { classOfLevel, type LineFacts, readLineFacts } from '../../../lib/log-lines/level.ts';

interface SpoolRecord {
  readonly mark: SpoolMark;
  readonly lines: readonly string[];
}

/**
 * An owner of a tail with a spool in memory: one record for each class of a batch, a checkpoint that lets records go, and a crash
 * that keeps what was durable: every record of an answered batch, and any of the records of one that was not.
 */
export class SpoolModel {
  /** Every line that became durable, in the order it did. */
  readonly lines: string[] = [];
  tail: Tail;
  #progress = new Progress();
  #checkpoint: Checkpoint = this.#progress.checkpoint();
  #records: SpoolRecord[] = [];
  #open: { records: SpoolRecord[]; mark: SpoolMark; answer: () => void }[] = [];
  #generation = 0;
  readonly #host: Host;
  readonly #options: TailOptions;
  readonly #random: (below: number) => number;
  readonly #facts: LineFacts = { level: '', time: 0 };

  /** Of ten files that are opened so many are durable at once. */
  #prompt = 10;

  constructor(host: Host, options: TailOptions, random: (below: number) => number) {
    this.#host = host;
    this.#options = options;
    this.#random = random;
    this.tail = this.#start();
  }

  get waiting(): number {
    return this.#open.length;
  }

  /** From now on only so many of ten files that are opened are durable at once. */
  takeTime(prompt = 5): void {
    this.#prompt = prompt;
  }

  /** Makes one of the open batches durable and answers it. */
  answerOne(): void {
    this.#answer(this.#random(this.#open.length));
  }

  /** Makes the open batch of the file of this name durable and answers it. */
  answerOf(path: string): void {
    this.#answer(this.#open.findIndex(({ mark }) => mark.file.path === path));
  }

  #answer(at: number): void {
    const batch = this.#open[at];
    if (batch === undefined) return;
    this.#open.splice(at, 1);
    for (const record of batch.records) this.#keep(record);
    if (batch.records.length === 0) this.#progress.add(batch.mark);
    batch.answer();
  }

  answerAll(): void {
    while (this.#open.length > 0) this.answerOne();
  }

  /** Writes the checkpoint and lets records go that it covers. */
  checkpoint(): void {
    this.#checkpoint = this.#progress.checkpoint();
    this.#records = this.#records.filter(() => this.#random(3) === 0);
  }

  /** kill -9, and a start from what is durable. */
  restart(): void {
    this.stop();
    const progress = new Progress(this.#checkpoint);
    // In any order, and twice: a journal's chains are read one after the other.
    for (const record of this.#records) progress.add(record.mark);
    for (const record of [...this.#records].reverse()) progress.add(record.mark);
    this.#progress = progress;
    this.tail = this.#start();
  }

  stop(): void {
    this.tail.stop();
    for (const batch of this.#open) for (const record of batch.records) if (this.#random(2) === 0) this.#keep(record);
    this.#open = [];
    this.#generation++;
  }

  #keep(record: SpoolRecord): void {
    this.lines.push(...record.lines);
    this.#records.push(record);
    this.#progress.add(record.mark);
  }

  #start(): Tail {
    const generation = this.#generation;
    const consumer: LineConsumer = {
      take: (batch, answer) => {
        if (generation !== this.#generation) throw new Error('a stopped tail gave a batch');
        this.#open.push({ ...this.#recordsOf(batch), answer });
      },
      opened: (file, offset) => {
        this.#progress.opened(file, offset);
        // A file that is rotated away before anything of it is read is only known from here; a crash may come before it is.
        if (this.#random(10) < this.#prompt) this.#checkpoint = this.#progress.checkpoint();
      },
      closed: (file) => this.#progress.forget(file.id),
    };
    return new Tail(this.#host, this.#options, consumer, this.#progress.positions(), this.#progress.closed());
  }

  #recordsOf(batch: LineBatch): { records: SpoolRecord[]; mark: SpoolMark } {
    const lines = new Map<LineClass, string[]>();
    for (let i = 0; i < batch.count; i++) {
      readLineFacts(batch.bytes, batch.starts[i]!, batch.ends[i]!, 0, 0, this.#facts);
      const name = classOfLevel(this.#facts.level);
      if (batch.done?.[name].has(batch.from + batch.places[i]!)) continue;
      const of = lines.get(name) ?? [];
      of.push(this.#host.utf8(batch.bytes, batch.starts[i]!, batch.ends[i]!));
      lines.set(name, of);
    }
    const base = { file: batch.file, from: batch.from, to: batch.to, anchor: batch.anchor, classes: [...lines.keys()] };
    return {
      records: [...lines].map(([name, texts]) => ({ mark: { ...base, class: name }, lines: texts })),
      mark: { ...base, class: 'log' },
    };
  }
}
