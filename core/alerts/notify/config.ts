import { z } from 'zod';
import { receiverSetting } from '../../../lib/alerts/http-receiver.ts';
import { duration } from '../../../lib/config/duration.ts';
import { oneOrMore } from '../../../lib/config/one-or-more.ts';
import { parseMatchers } from './matchers.ts';
import { receiverConfig } from './receivers/config.ts';

const matchers = () =>
  oneOrMore().transform((texts, context) => {
    try {
      return texts.flatMap(parseMatchers);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  });
/** Who is told of alerts, when, and how often. */
export const notifyConfig = z
  .strictObject({
    /** Where people find this core; stands in messages. */
    externalUrl: z.url({ protocol: /^https?$/ }).optional(),
    /** Addresses of Alertmanagers, without /api/v2/alerts: a URL, or `url`, `authorizationFile`, `ca`. Every alert goes to every one of them; routes are theirs. */
    alertmanagers: z.array(receiverSetting('http://alertmanager.example:9093')).max(16).default([]),
    /** How often an Alertmanager hears of an alert that fires on. */
    resend: duration().prefault('1m'),
    /** Whom messages go to, each by a webhook, by mail or by a command; docs/notifications.md. */
    receivers: z.array(receiverConfig).max(100).default([]),
    /** Labels that alerts of one message have alike; `...` for all of them, so that each alert is a message. */
    groupBy: z.array(z.string().min(1)).default(['alertname']),
    /** How long the first of a group waits for others. */
    groupWait: duration().prefault('1s'),
    /** How long after a message the next one of the group goes out, where something changed. */
    groupInterval: duration().prefault('5s'),
    /** How long after a message the same is said again while it fires and nobody acknowledged it. */
    repeatInterval: duration().prefault('4h'),
    /** Receivers of what no route takes; all of them unless stated. */
    to: oneOrMore().optional(),
    /** Further receivers of what no route takes, after it fired so long and nobody acknowledged it. */
    escalate: z
      .array(
        z.strictObject({
          /** How long the alert has fired then. */
          after: duration(),
          /** Names of receivers, one or a list. */
          to: oneOrMore(),
        }),
      )
      .max(10)
      .default([]),
    /** The first that fits takes an alert; with `continue` the next that fits does too. */
    routes: z
      .array(
        z.strictObject({
          /** Such as `severity="critical"`, `instance=~"web.*"`; all of them must fit. */
          match: matchers(),
          /** Names of the receivers of what it takes, one or a list. */
          to: oneOrMore(),
          /** Whether the next route that fits takes the alert as well. */
          continue: z.boolean().default(false),
          /** As `groupBy` above, for what this route takes; this and the next three, left out, are those above. */
          groupBy: z.array(z.string().min(1)).optional(),
          /** How long the first of a group waits for others. */
          groupWait: duration().optional(),
          /** How long after a message the next one of the group goes out, where something changed. */
          groupInterval: duration().optional(),
          /** How long after a message the same is said again while it fires and nobody acknowledged it. */
          repeatInterval: duration().optional(),
          /** Further receivers, after an alert fired so long and nobody acknowledged it. */
          escalate: z
            .array(
              z.strictObject({
                /** How long the alert has fired then. */
                after: duration(),
                /** Names of receivers, one or a list. */
                to: oneOrMore(),
              }),
            )
            .max(10)
            .default([]),
        }),
      )
      .max(200)
      .default([]),
    /** While an alert of `source` fires, those of `target` with the same values of the labels `equal` are not told. */
    inhibit: z
      .array(
        z.strictObject({
          /** Which alerts keep others quiet while they fire, in the form of `match`, such as alertname="RelaySilent". */
          source: matchers(),
          /** Which alerts they keep quiet, in the same form. */
          target: matchers(),
          /** Labels whose values must be the same in both, such as [site]; none: any pair fits. A label that is missing is equal to an empty one. */
          equal: z.array(z.string().min(1)).default([]),
        }),
      )
      .max(200)
      .default([]),
  })
  .superRefine((value, context) => {
    const names = new Set<string>();
    for (const [i, { name }] of value.receivers.entries()) {
      if (names.has(name)) {
        context.addIssue({ code: 'custom', path: ['receivers', i, 'name'], message: `${name} is there twice` });
      }
      names.add(name);
    }
    const check = (path: (string | number)[], to: readonly string[]) => {
      for (const name of to) {
        if (names.has(name)) continue;
        const known = names.size > 0 ? `known: ${[...names].join(', ')}` : 'add it to receivers';
        context.addIssue({ code: 'custom', path, message: `there is no receiver ${name}; ${known}` });
      }
    };
    check(['to'], value.to ?? []);
    for (const [i, step] of value.escalate.entries()) check(['escalate', i, 'to'], step.to);
    for (const [i, route] of value.routes.entries()) {
      check(['routes', i, 'to'], route.to);
      for (const [j, step] of route.escalate.entries()) check(['routes', i, 'escalate', j, 'to'], step.to);
    }
  });

export type NotifyConfig = z.output<typeof notifyConfig>;
