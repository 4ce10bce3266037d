import { HeliographError } from '../lib/errors.ts';
import { fetchFailure } from '../lib/fetch-failure.ts';

/** One server-sent event. */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** A stream that says nothing, not even that it lives, for so long is dead. The core speaks every 15 s. */
const SILENT_MS = 45_000;

/**
 * Reads server-sent events until the stream ends, whatever way, or the signal.
 * @param opened awaited when the other end has accepted; what comes meanwhile waits
 * @returns false where there is no such stream (an older core): do without
 * @throws HeliographError HG_CORE_UNREACHABLE, HG_CORE_ANSWER for any other refusal
 */
export async function readEvents(
  url: URL,
  opened: () => Promise<void>,
  take: (event: ServerEvent) => void,
  signal: AbortSignal,
): Promise<boolean> {
  const silence = new AbortController();
  const watch = setTimeout(() => silence.abort(), SILENT_MS);
  try {
    const answer = await open(url, AbortSignal.any([signal, silence.signal]));
    if (answer === null) return true;
    if (answer.status === 404) return false;
    if (!answer.ok || !answer.body) {
      const text = (await answer.text()).slice(0, 200);
      throw new HeliographError('HG_CORE_ANSWER', `${url.pathname}: ${answer.status} ${text}`, {
        status: answer.status,
      });
    }
    await opened();
    await readBody(answer.body, take, () => watch.refresh());
    return true;
  } finally {
    clearTimeout(watch);
  }
}

/** Null when it was given up. */
async function open(url: URL, signal: AbortSignal): Promise<Response | null> {
  try {
    return await fetch(url, { headers: { accept: 'text/event-stream' }, signal });
  } catch (cause) {
    if (signal.aborted) return null;
    throw new HeliographError('HG_CORE_UNREACHABLE', `${url.origin}: ${fetchFailure(cause)}`, { url: url.href }, cause);
  }
}

async function readBody(
  body: NonNullable<Response['body']>,
  take: (event: ServerEvent) => void,
  alive: () => void,
): Promise<void> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    // A connection that breaks, or is given up, ends the stream as its own end does: the caller looks up what it missed.
    const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
    if (done || value === undefined) return;
    alive();
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parse(block);
      if (event) take(event);
    }
  }
}

/** Null for what is only a comment. */
function parse(block: string): ServerEvent | null {
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    if (line.startsWith('event: ')) event = line.slice(7);
    else if (line.startsWith('data: ')) data.push(line.slice(6));
  }
  return data.length === 0 ? null : { event, data: data.join('\n') };
}
