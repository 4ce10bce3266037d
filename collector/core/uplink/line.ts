import type { Uplink } from '../host.ts';

/** A connection to a relay, from its first attempt to its end. */
export interface Line {
  readonly uplink: Uplink;
  /** Random: a late last will of an old connection is known by it. */
  readonly connection: string;
  /** Of its relay in the host's order. */
  readonly place: number;
}

/** What becomes of a line. It may be told to somebody else later than who opened it. */
export interface LineEvents {
  onOpen(): void;
  onMessage(topic: string, payload: Uint8Array): void;
  onClose(reason: string, refused?: boolean): void;
}

/** Opens a line to the relay at a place; the events are looked up anew each time. */
export type Dial = (place: number, events: LineEvents) => Line;
