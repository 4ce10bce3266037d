import { decimal } from './number.ts';
import { type Labels, type SourceContext, SourceError } from './source.ts';

/**
 * The text of a small file without white space around it; undefined where it is missing, or where this user or the driver does not let it be read: one
 * sensor that sleeps or one serial number for root alone is no reason to say nothing of all others.
 */
export function attribute(context: Pick<SourceContext, 'text'>, path: string): string | undefined {
  return line(context, path)?.trim();
}

/** The same with its blanks, without the end of its line. */
export function line({ text }: Pick<SourceContext, 'text'>, path: string): string | undefined {
  try {
    return text(path)?.replace(/\n+$/, '');
  } catch (error) {
    if (error instanceof SourceError) return undefined;
    throw error;
  }
}

/** The same as a number; NaN for anything else. */
export function attributeNumber(context: Pick<SourceContext, 'text'>, path: string): number {
  return decimal(attribute(context, path));
}

/** Names in a folder that begin with `prefix` and go on with a digit, and what follows the prefix. */
export function numbered({ names }: Pick<SourceContext, 'names'>, folder: string, prefix: string): string[] {
  return (names(folder) ?? []).flatMap((name) =>
    name.startsWith(prefix) && /^\d/.test(name.slice(prefix.length)) ? [name.slice(prefix.length)] : [],
  );
}

/** A file of one number, its metric, and what the file's number is multiplied by, or divided by where that is below 1. */
export type NumberFile = readonly [file: string, metric: string, unit?: number];

/** Adds what the files of a folder say; those that say no number are left out. */
export function addNumbers(context: SourceContext, folder: string, files: readonly NumberFile[], labels: Labels): void {
  for (const [file, metric, unit = 1] of files) {
    const value = attributeNumber(context, `${folder}/${file}`);
    // Divided, so that 13318 ms are 13.318 s and not 13.318000000000001.
    if (!Number.isNaN(value)) context.sink.add(metric, labels, unit < 1 ? value / Math.round(1 / unit) : value * unit);
  }
}
