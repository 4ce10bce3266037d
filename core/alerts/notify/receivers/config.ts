import { z } from 'zod';
import { httpReceiverShape } from '../../../../lib/alerts/http-receiver.ts';
import { address, duration } from '../../../../lib/config/duration.ts';
import { oneOrMore } from '../../../../lib/config/one-or-more.ts';
import { type BodyTemplate, templateTrouble } from '../body-template.ts';

const template = () =>
  z.json().superRefine((value, context) => {
    const why = templateTrouble(value as BodyTemplate);
    if (why !== null) context.addIssue({ code: 'custom', message: why });
  });
const most = (ms: number, words: string) => (value: number, context: z.RefinementCtx) => {
  if (value > ms) context.addIssue({ code: 'custom', message: `at most ${words}` });
};
const timeout = () => duration().superRefine(most(300_000, '5m'));

const KINDS = ['webhook', 'mail', 'command'] as const;

/** Whom alerts go to, and how. */
export const receiverConfig = z
  .strictObject({
    /** What routes, the page and the counters call it. */
    name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, 'use letters, digits, ".", "_" and "-"'),
    /** Whether it hears, too, that an alert has ended. */
    sendResolved: z.boolean().default(true),
    /** A URL that gets Alertmanager's webhook form, or a body of your own, by POST. */
    webhook: z
      .strictObject({
        ...httpReceiverShape('https://hooks.example/alerts'),
        /** A body of your own in place of Alertmanager's form: JSON with places such as `{{ commonLabels.alertname }}`, `{{ subject }}`, `{{ text }}`. */
        template: template().optional(),
        /** How long the receiver may take to answer, at most 5m; then it is tried again. */
        timeout: timeout().prefault('10s'),
      })
      .optional(),
    /** Letters through a mail server. */
    mail: z
      .strictObject({
        /** The mail server, `host:port`. */
        server: address(),
        /** `starttls` wants it, `tls` speaks it from the first byte, `none` never. */
        tls: z.enum(['starttls', 'tls', 'none']).default('starttls'),
        /** A file with the authorities that the server's certificate may be of, in place of the public ones. */
        ca: z.string().min(1).optional(),
        /** The sender's address. */
        from: z.string().min(1),
        /** The addressees, one or a list. */
        to: oneOrMore(),
        /** Name for the mail server's log-in, where it asks for one; with `passwordFile`. */
        user: z.string().min(1).optional(),
        /** A file with the password, and nothing else in it; read for each letter. */
        passwordFile: z.string().min(1).optional(),
        /** How long the mail server may take, at most 5m; then it is tried again. */
        timeout: timeout().prefault('30s'),
      })
      .refine((mail) => (mail.user === undefined) === (mail.passwordFile === undefined), {
        message: 'user and passwordFile go together',
      })
      .refine((mail) => mail.user === undefined || mail.tls !== 'none', {
        message: 'a password wants tls: starttls or tls',
        path: ['tls'],
      })
      .optional(),
    /** A program of this machine that is run for each message. */
    command: z
      .strictObject({
        /** Program, by its whole path, and its arguments. It gets the webhook's JSON on its input, and runs without a shell. */
        run: z
          .array(z.string())
          .min(1)
          .refine(([program]) => program?.startsWith('/'), { message: 'begin with the whole path of a program' }),
        /** How long the program may run, at most 5m; then it is ended, and run again later. */
        timeout: timeout().prefault('30s'),
      })
      .optional(),
  })
  .superRefine((value, context) => {
    const kinds = KINDS.filter((kind) => value[kind] !== undefined);
    if (kinds.length !== 1) {
      context.addIssue({ code: 'custom', message: `give it one of ${KINDS.join(', ')}; it has ${kinds.length}` });
    }
  });

export type ReceiverConfig = z.output<typeof receiverConfig>;
