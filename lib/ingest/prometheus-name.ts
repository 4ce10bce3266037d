/**
 * A name of a metric as Prometheus and Telegraf write it: what cannot stand in one becomes _, and a digit in front gets one before it. '' stays ''.
 */
export function prometheusName(text: string): string {
  const name = text.replace(/[^a-zA-Z0-9_:]/g, '_');
  return /^\d/.test(name) ? `_${name}` : name;
}

/** The same for the name of a label, in which a colon cannot stand either. */
export function prometheusLabel(text: string): string {
  return prometheusName(text).replaceAll(':', '_');
}
