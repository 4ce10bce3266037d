import { decimal } from './number.ts';
import { type Labels, type SourceContext, SourceError } from './source.ts';

/** What reads, and is told of what cannot be read. Without `trouble` nobody is: where that is as usual as not, and counted otherwise. */
type Readable = Pick<SourceContext, 'text'> & Partial<Pick<SourceContext, 'trouble'>>;

/**
 * The text of a small file without white space around it; undefined where it is missing, or where this user or the driver does not let it be read: one
 * sensor that sleeps or one serial number for root alone is no reason to say nothing of all others. It is counted.
 */
export function attribute(context: Readable, path: string): string | undefined {
  return line(context, path)?.trim();
}

/** The same with its blanks, without the end of its line. */
export function line({ text, trouble }: Readable, path: string): string | undefined {
  return readable(trouble, false, () => text(path)?.replace(/\n+$/, ''));
}

/** The same where a missing file says something too, `missing`: a figure of which none is known must not be 0. Undefined where there is one and it cannot be read. */
export function attributeOr({ text, trouble }: Readable, path: string, missing: string): string | undefined {
  return readable(trouble, false, () => text(path)?.trim() ?? missing);
}

/** The same as a number, and 0 for what is missing or no number; NaN where it cannot be read. */
export function numberOrZero(context: Readable, path: string): number {
  const text = attributeOr(context, path, '0');
  return text === undefined ? Number.NaN : decimal(text) || 0;
}

/** One of the files that a source is for; null where it is missing. One that cannot be read makes the source a failed one, and the others are read all the same. */
export function table({ text, trouble }: Readable, path: string): string | null {
  return readable(trouble, true, () => text(path) ?? undefined) ?? null;
}

/** The same of the names in a folder; none where it is missing. */
export function entries(context: Pick<SourceContext, 'names' | 'trouble'>, folder: string): string[] {
  return knownEntries(context, folder) ?? [];
}

/** The same; undefined where the folder cannot be read, so that how many there are is not known. */
export function knownEntries(
  { names, trouble }: Pick<SourceContext, 'names' | 'trouble'>,
  folder: string,
): string[] | undefined {
  return readable(trouble, true, () => names(folder) ?? []);
}

/** Adds a number that is one. */
export function addKnown({ sink }: Pick<SourceContext, 'sink'>, metric: string, labels: Labels, value: number): void {
  if (!Number.isNaN(value)) sink.add(metric, labels, value);
}

function readable<T>(trouble: Readable['trouble'], failure: boolean, read: () => T | undefined): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    trouble?.note(error, failure);
    return undefined;
  }
}

/** The same as a number; NaN for anything else. */
export function attributeNumber(context: Readable, path: string): number {
  return decimal(attribute(context, path));
}

/** Names in a folder that begin with `prefix` and go on with a digit, and what follows the prefix. */
export function numbered(context: Pick<SourceContext, 'names' | 'trouble'>, folder: string, prefix: string): string[] {
  return entries(context, folder).flatMap((name) =>
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
