import { RE2JS } from 're2js';
import { z } from 'zod';
import { byteSize, duration } from '../../../lib/config/duration.ts';
import { TRACE_PRESETS } from '../../core/tail/stack-traces.ts';

/** A record of more is no record any more; two of them must fit into what is read at once. */
const MOST_BYTES = 256 * 1024;

/** The presets of a `multiline`, which may be written as a word alone. */
const preset = z.enum([...TRACE_PRESETS, 'all']);

const fields = z
  .strictObject({
    /** Stack traces of java, python, go, node or dotnet, or of `all` of them, are one line each, with the line that was logged before them. */
    preset: z.union([preset, z.array(preset).min(1)]).optional(),
    /** A line for whose first 256 characters this expression (RE2) matches begins a record, and the others go on with it: '^\d{4}-\d\d-\d\d '. */
    start: z
      .string()
      .min(1)
      .superRefine((pattern, context) => {
        try {
          RE2JS.compile(pattern);
        } catch (error) {
          context.addIssue({ code: 'custom', message: `no expression that RE2 takes: ${String(error)}` });
        }
      })
      .optional(),
    /** Most lines of a record; what goes beyond is a record of its own. */
    lines: z.int().min(2).max(10_000).default(500),
    /** Most bytes of a record, 1KiB to 256KiB; what goes beyond is a record of its own. */
    bytes: byteSize()
      .refine((bytes) => bytes >= 1024 && bytes <= MOST_BYTES, '1KiB to 256KiB')
      .prefault('64KiB'),
    /** A record waits so long for a line that goes on with it. */
    wait: duration().prefault('1s'),
  })
  .refine((multiline) => (multiline.preset === undefined) !== (multiline.start === undefined), {
    message: 'set one of preset and start',
  });

/** How lines become records of several lines. */
export const multilineConfig = z.union([preset.transform((one) => fields.parse({ preset: one })), fields]);

export type MultilineConfig = z.output<typeof multilineConfig>;
