import type { Label, SeriesName } from '../batch.ts';
import { copiedText } from '../copied-text.ts';
import { NameRoom } from '../name-room.ts';
import { prometheusLabel, prometheusName } from '../prometheus-name.ts';
import { unescaped, unescapedIndex } from './escapes.ts';

/** Heads and series that are remembered, and characters of all of them. */
const KNOWN = 500_000;
const KNOWN_CHARACTERS = 64 * 1024 * 1024;
/** What a label takes beside its characters, which are a part of its head's: as so many of them. */
const PER_LABEL = 32;
/** Longer ones are rare, and would fill the memory. */
const LONGEST = 2048;
/** Characters of a series' name: no store takes one that is half as long, and one measurement may stand before very many fields. */
const LONGEST_NAME = 1024;

const COMMA = new Set([44]);
const EQUALS = new Set([61, 44]);

/** A measurement with its tags, and the series of its fields. */
export interface Head {
  readonly measurement: string;
  readonly labels: readonly Label[];
  /** By their escaped keys. */
  readonly fields: Map<string, SeriesName>;
}

/**
 * Series by the texts that they stand in: a sender writes the same texts for the same series, and they need not be read twice.
 */
export class KnownSeries {
  readonly #heads = new Map<string, Head>();
  readonly #room = new NameRoom(KNOWN, KNOWN_CHARACTERS);
  /** Tags that were read so far, because what they stood in was not known. */
  tagsRead = 0;

  /**
   * A measurement and its tags.
   * @param text "measurement,tag=value", escaped
   * @param database goes into the label `db`, unless there is such a tag; '': no label
   * @returns a text: what is wrong with it
   */
  head(text: string, database: string): Head | string {
    const key = database === '' ? text : `${database}\n${text}`;
    const known = this.#heads.get(key);
    if (known !== undefined) return known;
    // A part of a text keeps all of it in memory, and the body is large.
    const head = this.#headOf(copiedText(text), database);
    if (typeof head !== 'string' && key.length <= LONGEST) {
      this.#makeRoom(key.length * 2 + head.labels.length * PER_LABEL);
      this.#heads.set(copiedText(key), head);
    }
    return head;
  }

  /** @param field its escaped key @returns null: the name would be too long */
  series({ measurement, labels, fields }: Head, field: string): SeriesName | null {
    if (measurement.length + field.length > LONGEST_NAME) return null;
    let series = fields.get(field);
    if (series === undefined) {
      series = { name: prometheusName(`${measurement}_${unescaped(field)}`), labels };
      this.#makeRoom(field.length + series.name.length);
      fields.set(copiedText(field), series);
    }
    return series;
  }

  #headOf(text: string, database: string): Head | string {
    const end = unescapedIndex(text, 0, text.length, COMMA);
    const measurement = unescaped(text.slice(0, end));
    if (measurement === '') return 'missing measurement';
    const labels: Label[] = [];
    for (let at = end; at < text.length; ) {
      const from = at + 1;
      this.tagsRead++;
      const equals = unescapedIndex(text, from, text.length, EQUALS);
      if (equals === from) return 'missing tag key';
      if (text[equals] !== '=') return `missing tag value: ${shown(text.slice(from, equals))}`;
      at = unescapedIndex(text, equals + 1, text.length, EQUALS);
      if (text[at] === '=') return `an equals sign in a tag value: ${shown(text.slice(from, at))}`;
      if (at === equals + 1) return `missing tag value: ${shown(text.slice(from, equals))}`;
      labels.push([prometheusLabel(unescaped(text.slice(from, equals))), unescaped(text.slice(equals + 1, at))]);
    }
    if (database !== '' && !labels.some(([name]) => name === 'db')) labels.push(['db', database]);
    // One order: the tags of a series may come in any.
    labels.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return { measurement, labels, fields: new Map() };
  }

  #makeRoom(characters: number): void {
    if (!this.#room.add(characters)) this.#heads.clear();
  }
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
