import { get, type IncomingMessage } from 'node:http';

export interface ServerEvent {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

/** A reader of server-sent events as a browser is one, who can also stop reading. */
export class EventStream {
  readonly events: ServerEvent[] = [];
  status = 0;
  comments = 0;
  #answer: IncomingMessage | null = null;
  readonly #request;
  #rest = '';

  constructor(url: URL, lastEventId?: string) {
    this.#request = get(
      url,
      { headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId } },
      (answer) => {
        this.#answer = answer;
        this.status = answer.statusCode!;
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => this.#take(chunk));
        answer.on('error', () => this.close());
      },
    );
    this.#request.on('error', () => this.close());
  }

  pause(): void {
    this.#answer!.pause();
  }

  resume(): void {
    this.#answer!.resume();
  }

  close(): void {
    this.#request.destroy();
  }

  /** The messages of the lines so far. */
  messages(): string[] {
    return this.events
      .filter(({ event }) => event === 'message')
      .map(({ data }) => (JSON.parse(data) as { message: string }).message);
  }

  #take(chunk: string): void {
    const parts = (this.#rest + chunk).split('\n\n');
    this.#rest = parts.pop()!;
    for (const part of parts) {
      const fields = new Map(
        part
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()] as const),
      );
      if (fields.has('')) this.comments++;
      const data = fields.get('data');
      if (data !== undefined)
        this.events.push({ event: fields.get('event') ?? 'message', id: fields.get('id') ?? '', data });
    }
  }
}
