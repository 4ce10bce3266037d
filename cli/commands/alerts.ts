import { type Command, Option } from 'commander';
import { coreOption } from '../core-client.ts';
import { countOption, durationOption, timeOption } from '../options.ts';

const TOKEN = `
To acknowledge or to silence takes a token, whose name stands beside it:
  heliograph token create alice --scope alerts:write --data ./data/core
  export HELIOGRAPH_TOKEN=...`;

const MATCHERS = `
Matchers are as Alertmanager has them: NAME="VALUE", NAME!="VALUE", NAME=~"PATTERN", NAME!~"PATTERN"; a label that is not there has the
value "", a pattern must fit the whole value, and all of several must fit.`;

interface Options {
  readonly core: string;
  readonly json?: boolean;
}

/** `heliograph alerts`: what pends and fires, acknowledgements, silences, history, receivers. */
export function addAlertsCommand(program: Command): void {
  const alerts = program
    .command('alerts')
    .description('what fires, who has it in hand, what is silenced, and whether people are told')
    .addHelpText(
      'after',
      `${TOKEN}

Example:
  heliograph alerts ls
  heliograph alerts ack 3f2a91c04d --note 'I look at the disk'
  heliograph alerts silence 'instance="web-1"' --for 2h --comment 'a disk is swapped'
  heliograph alerts receivers`,
    );
  const core = (command: Command) => command.addOption(coreOption()).option('--json', 'as JSON');

  core(alerts.command('ls'))
    .description('alerts of all sources, the firing first')
    .addOption(
      new Option('--state <state>', 'active is pending and firing')
        .choices(['active', 'pending', 'firing', 'resolved', 'all'])
        .default('active'),
    )
    .addOption(new Option('--source <source>', 'who found it').choices(['rule', 'log', 'inventory', 'relay', 'own']))
    .addHelpText('after', '\nExample:\n  heliograph alerts ls --state firing --source rule')
    .action(async (options: Options & { state: string; source?: string }) => {
      const [{ readAlerts }, { alertsText }] = await parts();
      const { body, text, time } = await readAlerts(options.core, { state: options.state, source: options.source });
      await print(options, text, () => alertsText(body.data.alerts, nowOf(time)));
    });

  core(alerts.command('show <key>'))
    .description('all of one alert; the beginning of its key is enough')
    .addHelpText('after', '\nExample:\n  heliograph alerts show 3f2a91c04d')
    .action(async (key: string, options: Options) => {
      const [{ oneAlert }, { alertText }] = await parts();
      const alert = await oneAlert(options.core, key);
      await print(options, JSON.stringify(alert, null, 2), () => alertText(alert));
    });

  core(alerts.command('ack <key>'))
    .description('say that you have it in hand: it is not repeated and goes no further up, until it ends')
    .option('--note <text>', 'for whoever looks next', '')
    .addHelpText('after', `${TOKEN}\n\nExample:\n  heliograph alerts ack 3f2a91c04d --note 'I look at the disk'`)
    .action(async (key: string, options: Options & { note: string }) => {
      const [{ acknowledge, oneAlert }] = await parts();
      const { body } = await acknowledge(options.core, (await oneAlert(options.core, key)).key, options.note);
      const { alert } = body;
      await print(
        options,
        JSON.stringify(alert, null, 2),
        () =>
          `${alert.labels.alertname} is acknowledged by ${alert.acknowledged?.by}: no repeats, and nobody further is told, until it ends`,
      );
    });

  core(alerts.command('unack <key>'))
    .description('take an acknowledgement back')
    .addHelpText('after', `${TOKEN}\n\nExample:\n  heliograph alerts unack 3f2a91c04d`)
    .action(async (key: string, options: Options) => {
      const [{ oneAlert, takeBack }] = await parts();
      const { alert } = (await takeBack(options.core, (await oneAlert(options.core, key)).key)).body;
      await print(options, JSON.stringify(alert, null, 2), () => `${alert.labels.alertname} is nobody's again`);
    });

  core(alerts.command('silence <matchers...>'))
    .description('tell nobody of alerts with such labels for a time; they go on and are seen')
    .requiredOption('--for <duration>', 'it ends by itself after this, such as 2h or 7d', durationOption)
    .requiredOption('--comment <text>', 'why, for whoever finds it later')
    .addHelpText(
      'after',
      `${MATCHERS}\n${TOKEN}\n\nExample:\n  heliograph alerts silence 'site="north"' 'severity!="critical"' --for 2h --comment 'the line is moved'`,
    )
    .action(async (matchers: string[], options: Options & { for: number; comment: string }) => {
      const [{ silence }] = await parts();
      const { body, text } = await silence(options.core, matchers, options.for, options.comment);
      await print(options, text, () => `${body.id}: silent until ${body.endsAt}`);
    });

  core(alerts.command('silences'))
    .description('silences in force and to come')
    .option('--all', 'with those that are over')
    .addHelpText('after', '\nExample:\n  heliograph alerts silences --all')
    .action(async (options: Options & { all?: boolean }) => {
      const [{ readSilences }, { silencesText }] = await parts();
      const { body, text, time } = await readSilences(options.core);
      const shown = body.silences.filter(({ state }) => options.all || state !== 'expired');
      await print(options, text, () => silencesText(shown, nowOf(time)));
    });

  core(alerts.command('unsilence <id>'))
    .description('end a silence now; "heliograph alerts silences" shows the ids')
    .addHelpText('after', `${TOKEN}\n\nExample:\n  heliograph alerts unsilence 0d1f5c2e-6a54-4d5e-9a53-1f2b7f0f8a11`)
    .action(async (id: string, options: Options) => {
      const [{ unsilence }] = await parts();
      const { body, text } = await unsilence(options.core, id);
      await print(options, text, () => `${body.id} is over`);
    });

  core(alerts.command('history'))
    .description('what fired, the newest first')
    .option('--since <time>', 'a time, or a duration back from now', timeOption)
    .option('--until <time>', 'a time, or a duration back from now', timeOption)
    .option('--limit <count>', 'at most so many', countOption, 100)
    .addHelpText('after', '\nExample:\n  heliograph alerts history --since 7d')
    .action(async (options: Options & { since?: number; until?: number; limit: number }) => {
      const [{ readHistory }, { historyText }] = await parts();
      const seconds = (ms?: number) => (ms === undefined ? undefined : String(ms / 1000));
      const { body, text } = await readHistory(options.core, {
        start: seconds(options.since),
        end: seconds(options.until),
        limit: String(options.limit),
      });
      await print(options, text, () => historyText(body.history));
    });

  core(alerts.command('receivers'))
    .description('whom alerts go to, what became of it, and which of several cores notifies')
    .addHelpText('after', '\nExample:\n  heliograph alerts receivers')
    .action(async (options: Options) => {
      const [{ readReceivers }, { receiversText }] = await parts();
      const { body, text } = await readReceivers(options.core);
      await print(options, text, () => receiversText(body));
    });
}

/** What a command needs, when it runs. */
function parts() {
  return Promise.all([import('../alerts/client.ts'), import('../alerts/alerts-text.ts')]);
}

/** The core's clock, where it says one. */
function nowOf(time: number): number {
  return Number.isFinite(time) ? time : Date.now();
}

async function print({ json }: Options, text: string, forPeople: () => string): Promise<void> {
  const { endQuietlyWithReader, say } = await import('../terminal/output.ts');
  endQuietlyWithReader();
  say(json ? text : forPeople());
}
