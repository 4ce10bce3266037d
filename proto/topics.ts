import { DATA_CLASSES, type DataClass } from './class.ts';

/** A name that can stand in a topic and in a certificate. */
export const HOST_NAME: RegExp = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export type TopicPart = DataClass | 'definitions' | 'status' | 'desired' | 'control';

const PARTS: ReadonlySet<string> = new Set([...DATA_CLASSES, 'definitions', 'status', 'desired', 'control']);

/** fleet/<host>/<part> */
export function topicOf(host: string, part: TopicPart): string {
  return `fleet/${host}/${part}`;
}

/** The parts of one of our topics, or null. */
export function parseTopic(topic: string): { host: string; part: TopicPart } | null {
  const [root, host, part, ...rest] = topic.split('/');
  if (root !== 'fleet' || host === undefined || part === undefined || rest.length > 0) return null;
  if (!HOST_NAME.test(host) || !PARTS.has(part)) return null;
  return { host, part: part as TopicPart };
}
