import { HeliographError } from '../../../lib/errors.ts';
import { isOfAnotherBus } from '../../bus/another.ts';

/** A place in a topic: everything of the partition before `offset` is done. */
export interface Position {
  readonly partition: number;
  readonly offset: number;
  /** When the brokers took the last record before it, in ms: tells a topic from another one of the same name that was made later. */
  readonly time: number;
}

const FORM = /^k1-(\d{1,9})-(\d{1,16})-(\d{1,16})$/;

/** `k1-<partition>-<offset>-<ms>` */
export function positionText({ partition, offset, time }: Position): string {
  return `k1-${partition}-${offset}-${time}`;
}

/** The same back; null for a position of another kind of bus. @throws HeliographError HG_BUS_POSITION */
export function positionOf(topic: string, text: string): Position | null {
  const found = FORM.exec(text);
  if (found) {
    const [partition, offset, time] = found.slice(1).map(Number) as [number, number, number];
    if (Number.isSafeInteger(offset) && Number.isSafeInteger(time)) return { partition, offset, time };
  } else if (isOfAnotherBus(text, 'k1')) return null;
  throw new HeliographError('HG_BUS_POSITION', `${topic} from ${text}`, { topic, position: text });
}
