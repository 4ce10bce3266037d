import { Buffer } from 'node:buffer';
import { HeliographError } from '../../../lib/errors.ts';
import type { Batch } from '../../../lib/ingest/batch.ts';
import { MessageRule, type MessageRuleConfig } from '../../../lib/ingest/device-json/message-rule.ts';
import { readJson } from '../../../lib/ingest/json-text.ts';

/** A message as it came. */
export interface ArrivedMessage {
  /** As Latin-1: bytes of UTF-8. */
  readonly topic: string;
  /** May be a view: it is read at once. */
  readonly payload: Buffer;
  readonly retain: boolean;
  /** ms since the epoch. */
  readonly arrived: number;
}

/** Adds a message's samples and lines to a batch, as its message number `index`. */
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

  /** @throws HeliographError HG_MQTT_UNSERVED, HG_MQTT_TOPIC, HG_DOOR_BODY, HG_DOOR_DEPTH, HG_DOOR_SYNTAX */
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
      const json = readJson(payload, jsonDepth);
      return (batch, index) => rule.read(batch, index, caught, json, arrived);
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
