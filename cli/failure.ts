import { HeliographError } from '../lib/errors.ts';

/** An error of the table is for people and has its fix in it; anything else is a defect of ours and shows where. */
export function reportAndExit(error: unknown): never {
  const text =
    error instanceof HeliographError
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
  process.stderr.write(`heliograph: ${text}\n`);
  process.exit(1);
}
