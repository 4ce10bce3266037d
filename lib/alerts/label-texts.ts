import { z } from 'zod';

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * A schema for the labels or annotations of a rule: texts by name.
 * @param given labels that the rule has anyway @param troubleOf what is wrong with a text, as an instruction; null: nothing
 */
export function labelTexts(given: readonly string[], troubleOf: (text: string) => string | null) {
  return z
    .record(z.string(), z.string())
    .default({})
    .superRefine((texts, context) => {
      for (const [name, text] of Object.entries(texts)) {
        const wrong = (message: string) => context.addIssue({ code: 'custom', message, path: [name] });
        if (!NAME.test(name)) wrong('write a label name such as severity or team');
        else if (given.includes(name)) wrong(`leave out ${name}: it is given`);
        const trouble = troubleOf(text);
        if (trouble) wrong(trouble);
      }
    });
}
