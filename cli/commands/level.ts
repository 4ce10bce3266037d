import { type Command, InvalidArgumentError } from 'commander';
import { parseDuration } from '../../lib/config/duration.ts';
import { HeliographError } from '../../lib/errors.ts';

const LEVELS = ['debug', 'info', 'warning', 'error', 'fatal'];

/** `heliograph level`: the lowest log level a host sends, by service and for a time. The first use of desired configuration. */
export function addLevelCommand(program: Command): void {
  program
    .command('level <host> <level>')
    .description(
      'set the lowest log level that a host sends (debug, info, warning, error, fatal), or "default" to undo it',
    )
    .option('--service <name>', 'only for this service', '*')
    .option('--for <duration>', 'undo it by itself after this time', (text) => {
      const ms = parseDuration(text);
      if (ms === null) throw new InvalidArgumentError('write a duration such as 10m or 2h');
      return ms;
    })
    .option('--core <url>', 'address of the core', 'http://127.0.0.1:9470')
    .addHelpText('after', '\nExample:\n  heliograph level web-17 debug --service checkout --for 10m')
    .action(async (host: string, level: string, options: { service: string; for?: number; core: string }) => {
      if (level !== 'default' && !LEVELS.includes(level)) {
        throw new HeliographError(
          'HG_CONFIG_VALUE',
          `level is "${level}"; write one of: ${LEVELS.join(', ')}, default`,
        );
      }
      const url = new URL(`/api/v1/fleet/${encodeURIComponent(host)}/desired`, options.core);
      const document = {
        version: 1,
        levels: { [options.service]: level },
        ...(options.for ? { until: Date.now() + options.for } : {}),
      };
      const answer = await fetch(
        url,
        level === 'default'
          ? { method: 'DELETE' }
          : { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(document) },
      );
      if (!answer.ok) throw new HeliographError('HG_CORE_ANSWER', `${url}: ${answer.status} ${await answer.text()}`);
      console.log(
        level === 'default'
          ? `${host}: back to its own configuration`
          : `${host}: ${options.service} sends ${level} and above`,
      );
    });
}
