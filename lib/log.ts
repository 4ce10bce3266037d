import { pino } from 'pino';

/** A tier's own log. Facts are short names and numbers; a line says what, where, the numbers, and what to do about it. */
export interface Logger {
  debug(message: string, facts?: Record<string, unknown>): void;
  info(message: string, facts?: Record<string, unknown>): void;
  warn(message: string, facts?: Record<string, unknown>): void;
  error(message: string, facts?: Record<string, unknown>): void;
}

export type LogLevelName = 'debug' | 'info' | 'warn' | 'error';

/** pino writing one JSON object a line in ECS names (elastic.co/guide/en/ecs), to standard error or to a file. */
export function createLog(service: string, options: { level?: LogLevelName; file?: string } = {}): Logger {
  const target = pino.destination({ dest: options.file ?? 2, sync: true, mkdir: true });
  const inner = pino(
    {
      level: options.level ?? 'info',
      messageKey: 'message',
      base: { 'service.name': service },
      timestamp: () => `,"@timestamp":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ 'log.level': label }) },
    },
    target,
  );
  return {
    debug: (message, facts) => inner.debug(facts ?? {}, message),
    info: (message, facts) => inner.info(facts ?? {}, message),
    warn: (message, facts) => inner.warn(facts ?? {}, message),
    error: (message, facts) => inner.error(facts ?? {}, message),
  };
}

/** A log that keeps nothing: for tests and for one-shot commands. */
export const silentLog: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
