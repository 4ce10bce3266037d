import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { HeliographError } from '../../lib/errors.ts';
import type { Logger } from '../../lib/log.ts';
import { DATA_CLASSES } from '../../proto/class.ts';
import type { LetterDesk } from '../letters/desk.ts';

const text = z.string();
const count = z.number().min(0);
const place = z.object({ time: z.number(), id: text });
/** A condition that is not known here is refused: without it a purge would mean more. */
const away = z.array(z.object({ process: text, why: text, unknown: z.literal(true).optional() }));
const filter = z.strictObject({
  ids: z.array(text).optional(),
  kinds: z.array(text).optional(),
  classes: z.array(text).optional(),
  reasons: z.array(text).optional(),
  hosts: z.array(text).optional(),
  services: z.array(text).optional(),
  start: z.number().optional(),
  end: z.number().optional(),
});
const letter = z.object({
  id: text,
  kind: z.enum(['frame', 'line', 'series']),
  class: z.enum(DATA_CLASSES),
  host: text,
  service: text.nullable(),
  boot: text.nullable(),
  sequence: z.number().nullable(),
  place: z.number().nullable(),
  series: z.number().nullable(),
  reason: text,
  code: text,
  message: text,
  items: count,
  bytes: count,
  time: z.number(),
  tries: count,
  tried: z.number().nullable(),
  kept: z.boolean(),
  process: text,
});
const groups = z.array(
  z.object({ kind: text, class: text, reason: text, code: text, letters: count, items: count, bytes: count }),
);

/** What a console asks, and what it reads of the answer: all of it is looked at first, on both sides. */
const ASK = {
  find: z.strictObject({
    filter,
    order: z.enum(['newest', 'oldest']),
    limit: count.max(1_000),
    after: place.nullable(),
  }),
  show: z.strictObject({ id: text }),
  replay: z.strictObject({ filter, limit: count.max(1_000), place: place.nullable() }),
  purge: z.strictObject({ filter, dryRun: z.boolean() }),
};
const ANSWER = {
  find: z.object({ letters: z.array(letter), more: z.boolean(), groups, bytes: count, maxBytes: count, away }),
  show: z.object({
    letter: letter
      .extend({
        relay: text.nullable(),
        site: text.nullable(),
        received: z.number().nullable(),
        line: z.record(text, z.unknown()).nullable(),
        refused: z.array(z.object({ labels: z.record(text, text), why: text, samples: count })).nullable(),
        data: text.nullable(),
      })
      .nullable(),
    away,
  }),
  replay: z.object({
    replayed: count,
    failed: z.array(z.object({ id: text, reason: text, code: text, message: text, process: text })),
    next: z.object({ at: text, place: place.nullable() }).nullable(),
    stopped: z.object({ code: text, message: text }).nullable(),
    away,
  }),
  purge: z.object({ letters: count, bytes: count, groups, away }),
};
type Question = keyof typeof ASK;

/** How long an answer may take, ms: a list is looked up at once, a replay goes the way of the data. */
const PATIENCE_MS: Readonly<Record<Question, number>> = {
  find: 5_000,
  show: 10_000,
  replay: 300_000,
  purge: 600_000,
};

/**
 * The routes behind which a console asks for the dead letters of this process. What changes letters leaves a line in the log.
 * @param nameOf the name in the certificate of who asks
 */
export function addLetterRoutes(
  app: FastifyInstance,
  desk: LetterDesk,
  log: Logger,
  nameOf: (request: FastifyRequest) => string,
): void {
  const route = <Q extends Question>(name: Q, run: (asked: z.output<(typeof ASK)[Q]>) => Promise<unknown>) => {
    app.post(`/peer/v1/letters/${name}`, async (request, reply) => {
      const parsed = ASK[name].safeParse(request.body);
      if (parsed.success) {
        if (changes(name, parsed.data)) {
          const asked = JSON.stringify(parsed.data);
          log.info(`a peer asks for a ${name} of dead letters`, { peer: nameOf(request), asked });
        }
        return run(parsed.data as z.output<(typeof ASK)[Q]>);
      }
      const issue = parsed.error.issues[0]!;
      return reply.code(400).send({ error: `${issue.path.join('.')}: ${issue.message}` });
    });
  };
  // What was left out is not there at all: the desk takes an empty key for a condition.
  type Asked = z.output<typeof filter>;
  const given = (asked: Asked) => Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  route('find', (asked) => desk.find({ ...asked, filter: given(asked.filter) }));
  route('show', ({ id }) => desk.show(id));
  route('replay', (asked) => desk.replay(given(asked.filter), asked.limit, { at: '', place: asked.place }));
  route('purge', ({ filter: asked, dryRun }) => desk.purge(given(asked), dryRun));
}

/**
 * The desk of a process that is asked over the network.
 * @param ask posts a question as JSON and gives the answer. @throws HeliographError HG_PEER
 */
export function peerDesk(
  peer: string,
  ask: (path: string, body: object, patienceMs: number) => Promise<unknown>,
): LetterDesk {
  /** What changes letters may go on there, or have been done, where the answer did not come. */
  const told = async (name: Question, question: object) => {
    try {
      return await ask(`/peer/v1/letters/${name}`, question, PATIENCE_MS[name]);
    } catch (error) {
      if (!changes(name, question) || !(error instanceof HeliographError) || error.facts.heard !== true) throw error;
      const cause = error.cause === undefined ? error.message : String(error.cause);
      const detail = `${peer}: the answer to a ${name} did not come, and what was done there is not known; list its letters to see: ${cause}`;
      throw new HeliographError('HG_PEER', detail, { unknown: true }, error);
    }
  };
  const answer = async <Q extends Question>(name: Q, question: z.input<(typeof ASK)[Q]>) => {
    const parsed = ANSWER[name].safeParse(await told(name, question));
    if (parsed.success) return parsed.data as z.output<(typeof ANSWER)[Q]>;
    const issue = parsed.error.issues[0]!;
    throw new HeliographError(
      'HG_PEER',
      `${peer} says of its dead letters what is not read here: ${issue.path.join('.')}: ${issue.message}`,
    );
  };
  type Filter = z.input<typeof filter>;
  return {
    find: (question) => answer('find', { ...question, filter: question.filter as Filter }),
    show: (id) => answer('show', { id }),
    replay: (asked, limit, from) => answer('replay', { filter: asked as Filter, limit, place: from?.place ?? null }),
    purge: (asked, dryRun) => answer('purge', { filter: asked as Filter, dryRun }),
  };
}

/** Whether a question does something to letters. */
function changes(name: Question, question: object): boolean {
  return name === 'replay' || (name === 'purge' && (question as { dryRun: boolean }).dryRun === false);
}
