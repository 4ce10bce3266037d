import { z } from 'zod';
import { HeliographError } from '../../../lib/errors.ts';
import { checkTypes } from '../../promql/check.ts';
import { parseQuery } from '../../promql/parse.ts';
import { ruleDuration, ruleDurationMs } from './duration.ts';
import { neverGives } from './never-gives.ts';
import { orNothing } from './or-nothing.ts';
import { templateTrouble } from './template/template.ts';

/** A rule gives an instant vector, or a number that stands for one. */
const expression = () =>
  z.string().superRefine((text, context) => {
    try {
      if (text === '') context.addIssue({ code: 'custom', message: 'write an expression in PromQL' });
      else {
        const query = parseQuery(text);
        const type = checkTypes(query, text);
        const barren = neverGives(query);
        if (barren) {
          const message = `leave out ${barren.name}: native histograms and start timestamps are not kept, so the rule would never give anything; classic histograms have series of their own (_bucket, _sum, _count)`;
          context.addIssue({ code: 'custom', message });
        }
        if (type === 'vector' || type === 'scalar') return;
        const words =
          type === 'matrix' ? 'a range vector, which no rule can use: write a function around it' : 'a text';
        context.addIssue({
          code: 'custom',
          message: `write an expression that gives an instant vector; it gives ${words}`,
        });
      }
    } catch (error) {
      if (!(error instanceof HeliographError)) throw error;
      const where = error.message.slice(error.code.length + 2);
      context.addIssue({ code: 'custom', message: `mend the expression: ${where}`, params: { code: error.code } });
    }
  });

/** A lone half of a character pair stands in no UTF-8. */
const isText = (text: string) => text.isWellFormed();

const texts = (what: 'label' | 'annotation') =>
  orNothing(
    z.record(z.string(), z.string()).superRefine((all, context) => {
      for (const [name, text] of Object.entries(all)) {
        const wrong = (message: string) => context.addIssue({ code: 'custom', message, path: [name] });
        if (name === '' || !isText(name)) wrong(`write a name of the ${what}`);
        else if (what === 'label' && name === '__name__') wrong('leave out __name__: a rule gives the name by record');
        if (!isText(text)) wrong('write text that is UTF-8');
      }
    }),
  );

/** That a recording rule has nothing an alert has. */
const ONLY_ALERTS = ['for', 'keep_firing_for', 'annotations'] as const;

const rule = z
  .strictObject({
    record: orNothing(z.string().refine(isText, 'write text that is UTF-8')),
    alert: orNothing(z.string().refine(isText, 'write text that is UTF-8')),
    expr: expression(),
    for: orNothing(ruleDuration()),
    keep_firing_for: orNothing(ruleDuration()),
    labels: texts('label'),
    annotations: texts('annotation'),
  })
  .superRefine((one, context) => {
    const wrong = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', message, path });
    if (one.record !== undefined && one.alert !== undefined) {
      wrong(['alert'], 'set only one of "record" and "alert" in a rule');
    }
    if (one.record === undefined && one.alert === undefined) wrong([], 'set one of "record" and "alert" in a rule');
    if (one.record !== undefined) {
      if (/[{}]/.test(one.record)) wrong(['record'], 'write a metric name without braces: labels go to "labels"');
      for (const key of ONLY_ALERTS) {
        const value = one[key];
        const empty =
          value === undefined ||
          (typeof value === 'string' && ruleDurationMs(value) === 0) ||
          (typeof value === 'object' && Object.keys(value).length === 0);
        if (!empty) wrong([key], `leave out "${key}": a recording rule has none`);
      }
    }
    if (one.alert === undefined) return;
    for (const key of ['labels', 'annotations'] as const) {
      for (const [name, text] of Object.entries(one[key] ?? {})) {
        const trouble = templateTrouble(text);
        if (trouble !== null) wrong([key, name], `mend the template: ${trouble}`);
      }
    }
  });

const wholeNumber = () => z.string().regex(/^[+-]?\d{1,15}$/, 'write a whole number');

const group = z.strictObject({
  name: z.string().min(1, 'write a name of the group').refine(isText, 'write text that is UTF-8'),
  interval: orNothing(ruleDuration()),
  query_offset: orNothing(ruleDuration()),
  limit: orNothing(wholeNumber()),
  labels: texts('label'),
  rules: orNothing(z.array(rule)),
});

/** A rule file of Prometheus 3 whose scalars were all read as text. */
export const ruleFile = z
  .strictObject({ groups: orNothing(z.array(group)) })
  .superRefine(({ groups = [] }, context) => {
    const names = groups.map(({ name }) => name);
    for (const [i, name] of names.entries()) {
      if (names.indexOf(name) === i) continue;
      const message = 'give each group of a file a name of its own';
      context.addIssue({ code: 'custom', message, path: ['groups', i, 'name'] });
    }
  });
