/**
 * A filter of MQTT topics as 4.7.1 of the specification has them: + stands for one level, # at the end for all that follow.
 */
export class TopicFilter {
  readonly #levels: readonly string[];
  /** So many of its levels are wildcards. */
  readonly wildcards: number;

  /** @param text a good filter: `filterFault` says none */
  constructor(text: string) {
    this.#levels = text.split('/');
    this.wildcards = this.#levels.filter((level) => level === '+' || level === '#').length;
  }

  /** What the wildcards stand for, in order, what # stands for with its slashes; null: the topic does not match. */
  match(topic: string): readonly string[] | null {
    const levels = topic.split('/');
    const caught: string[] = [];
    // [MQTT-4.7.2-1]: a wildcard in front is not for a broker's own topics. No filter begins with $ itself.
    if (topic.startsWith('$')) return null;
    for (const [at, wanted] of this.#levels.entries()) {
      if (wanted === '#') {
        // [MQTT-4.7.1-2]: sport/# is sport, too.
        caught.push(levels.slice(at).join('/'));
        return caught;
      }
      const level = levels[at];
      if (level === undefined) return null;
      if (wanted === '+') caught.push(level);
      else if (wanted !== level) return null;
    }
    return levels.length === this.#levels.length ? caught : null;
  }
}

/** What is wrong with a filter; null: nothing. */
export function filterFault(text: string): string | null {
  const levels = text.split('/');
  if (text === '') return 'write a topic filter such as site/+/+/telemetry';
  // [MQTT-4.7.2-1]: nothing that begins with $ is for clients.
  if (text.startsWith('$')) return 'topics that begin with $ are a broker’s own';
  for (const [at, level] of levels.entries()) {
    if (level.includes('#') && (level !== '#' || at < levels.length - 1)) return '# stands alone, as the last level';
    if (level.includes('+') && level !== '+') return '+ stands alone in its level';
  }
  return null;
}
