import { Buffer } from 'node:buffer';
import { HeliographError } from '../../../lib/errors.ts';
import type { Batch } from '../../../lib/ingest/batch.ts';
import { MessageRule, type MessageRuleConfig } from '../../../lib/ingest/device-json/message-rule.ts';
import { readJson } from '../../../lib/ingest/json-text.ts';

/** A message as it came. */
export interface ArrivedMessage {
  /** As Latin-1: bytes of UTF-8. */
  readonly topic: string;
  /** May be a view: what is kept is a copy. */
  readonly payload: Buffer;
  readonly retain: boolean;
  /** ms since the epoch. */
  readonly arrived: number;
}

/**
 * Reads a message, and adds its samples and lines to a batch, as its message number `index`. May be called again, for another batch.
 * @throws HeliographError HG_DOOR_DEPTH, HG_DOOR_SYNTAX; nothing was added then
 */
export type AddTo = (batch: Batch, index: number) => void;

export interface DeviceMessagesOptions {
  readonly topics: readonly MessageRuleConfig[];
  readonly messageBytes: number;
  readonly jsonDepth: number;
}

/** The rules of a door for devices, which say what a message is. */
export class DeviceMessages {
  readonly #rules: readonly MessageRule[];
  readonly #options: DeviceMessagesOptions;

  constructor(options: DeviceMessagesOptions) {
    this.#options = options;
    this.#rules = options.topics.map((config) => new MessageRule(config));
  }

  /**
   * Looks at what a message is for. Its payload is read when it goes into a batch, and stays bytes until then: as objects it takes twenty times the memory.
   * @throws HeliographError HG_MQTT_UNSERVED, HG_MQTT_TOPIC, HG_DOOR_BODY
   */
  read({ topic, payload, retain, arrived }: ArrivedMessage): AddTo {
    const { messageBytes, jsonDepth } = this.#options;
    if (retain) throw new HeliographError('HG_MQTT_UNSERVED', 'a retained message');
    if (payload.length > messageBytes) {
      throw new HeliographError('HG_DOOR_BODY', `a message of ${payload.length} bytes, at most ${messageBytes}`);
    }
    const levels = textOf(topic);
    for (const rule of levels === null ? [] : this.#rules) {
      const caught = rule.match(levels!);
      if (caught === null) continue;
      const bytes = Buffer.from(payload);
      return (batch, index) => rule.read(batch, index, caught, readJson(bytes, jsonDepth), arrived);
    }
    throw new HeliographError('HG_MQTT_TOPIC', JSON.stringify((levels ?? topic).slice(0, 200)));
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** null: no UTF-8. */
function textOf(latin1: string): string | null {
  try {
    return utf8.decode(Buffer.from(latin1, 'latin1'));
  } catch (error) {
    // What the decoder says of bytes that are not UTF-8.
    if (error instanceof TypeError) return null;
    throw error;
  }
}
