/** A decimal number of /proc or /sys, NaN for anything else ('' and '0x1f' included). */
export function decimal(text: string | undefined): number {
  return text !== undefined && /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
}

/** The same, with hexadecimal as sysfs writes flags: 0x1003. */
export function integer(text: string | undefined): number {
  if (text === undefined) return Number.NaN;
  return /^0x[0-9a-fA-F]+$/.test(text) ? Number(text) : decimal(text);
}

export const words = (line: string): string[] => line.trim().split(/\s+/);
