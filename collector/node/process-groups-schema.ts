import { z } from 'zod';

/** An expression of JavaScript. */
const expression = () =>
  z.string().superRefine((text, context) => {
    try {
      new RegExp(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: `not an expression: ${String(error)}` });
    }
  });

/** Which processes are counted together. */
export const processGroups = () =>
  z.strictObject({
    /** Which processes are counted together: one belongs to the first group that fits. */
    groups: z
      .array(
        z.strictObject({
          /** The label `groupname` of its series; `{{comm}}` in it is the process' own name. */
          name: z.string().min(1).max(200).default('{{comm}}'),
          /** The kernel's name of the process, 15 characters at most: one of these. */
          comm: z.array(z.string().min(1)).min(1).optional(),
          /** The first word of the command line, or that word's last part: one of these. */
          exe: z.array(z.string().min(1)).min(1).optional(),
          /** Expressions (of JavaScript) that are all found in the command line. */
          cmdline: z.array(expression()).min(1).optional(),
        }),
      )
      .min(1),
    /** Files of /proc that one collection reads at most; the other processes are read by the next ones. */
    files: z.int().min(10).max(100_000).default(1000),
    /** Whether the open file descriptors of each group are counted, too: of processes of the collector's user, or of all with CAP_SYS_PTRACE. */
    descriptors: z.boolean().default(false),
  });
