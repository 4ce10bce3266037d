import { flushCompileCache } from 'node:module';
import { createLog, type Logger, type LogLevelName } from '../lib/log.ts';
import { reportAndExit } from './failure.ts';

export interface TierOptions {
  readonly logFile?: string;
  readonly logLevel?: LogLevelName;
}

/** How long a tier may take to close before it is ended anyway; what it acknowledged is on disk by then in any case. */
const CLOSE_MS = 15_000;

/**
 * Runs a tier until a signal (or until the process that started it is gone), then closes it in good order.
 * A second signal ends it at once.
 */
export async function runTier(
  name: string,
  options: TierOptions,
  start: (log: Logger) => Promise<{ close(): Promise<void> }>,
): Promise<void> {
  const log = createLog(`heliograph-${name}`, {
    ...(options.logLevel ? { level: options.logLevel } : {}),
    ...(options.logFile ? { file: options.logFile } : {}),
  });
  const crash = (error: unknown): never => {
    log.error(`${name} ends on an unexpected error`, {
      'error.message': String(error),
      'error.stack_trace': (error as Error)?.stack,
    });
    return reportAndExit(error);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);

  // Where NODE_COMPILE_CACHE names a folder. By itself Node writes it at the end of the process, and not after kill -9.
  flushCompileCache();
  let tier: { close(): Promise<void> };
  try {
    tier = await start(log);
  } catch (error) {
    log.error(`${name} did not start`, { 'error.message': (error as Error).message });
    reportAndExit(error);
  }
  let closing = false;
  const close = (reason: string) => {
    if (closing) process.exit(130);
    closing = true;
    log.info(`${name} is closing`, { reason });
    setTimeout(() => {
      log.error(`${name} took more than ${CLOSE_MS / 1000} s to close and is ended`);
      process.exit(1);
    }, CLOSE_MS).unref();
    tier.close().then(() => {
      log.info(`${name} is closed`);
      process.exit(0);
    }, crash);
  };
  process.on('SIGINT', () => close('SIGINT'));
  process.on('SIGTERM', () => close('SIGTERM'));
  process.on('disconnect', () => close('its starter is gone'));
  process.send?.('ready');
}
