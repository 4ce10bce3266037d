import type { TestCore } from './core.ts';

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** One request to a door of a core, as any client makes it. */
export async function send(
  core: TestCore,
  path: string,
  body: Uint8Array | string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const type = typeof body === 'string' ? 'application/json' : 'application/x-protobuf';
  const answer = await fetch(core.url(path), {
    method: 'POST',
    headers: { 'content-type': type, ...headers },
    body: typeof body === 'string' ? body : Buffer.from(body),
  });
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}

/** The same with a body that is made into JSON. */
export function sendJson(core: TestCore, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  return send(core, '/v1/ingest', JSON.stringify(body), headers);
}
