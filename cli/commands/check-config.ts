import { type Command, Option } from 'commander';
import { FILE_KINDS, type FileKind, loadFileConfig } from '../tier-config.ts';

/** `heliograph check-config FILE`: says what is wrong with a configuration, or that nothing is. */
export function addCheckConfigCommand(program: Command): void {
  program
    .command('check-config <file>')
    .description(
      'hold a configuration file against its schema, and the files that it names: those of the log pipeline of a core, the alerting and recording rules of a core, the roll-up and alerting rules of a relay, the blocks and caps of both',
    )
    .addOption(new Option('--tier <tier>', 'whose configuration it is (found out when not given)').choices(FILE_KINDS))
    .option('--json', 'the configuration as read, defaults filled in')
    .addHelpText('after', '\nExample:\n  heliograph check-config relay.yaml --tier relay')
    .action(async (file: string, options: { tier?: FileKind; json?: boolean }) => {
      const loaded = await loadFileConfig(file, options.tier);
      const { tier, config } = loaded;
      if (loaded.tier === 'core') {
        const { checkPipelineFiles } = await import('../../core/indexer/pipeline/check-files.ts');
        await checkPipelineFiles(loaded.config.indexer);
        const { checkRuleFiles } = await import('../../core/alerts/rules/check-files.ts');
        checkRuleFiles(loaded.config.alerts.rules);
      }
      if (loaded.tier === 'relay') {
        const { loadRelabelRules } = await import('../../relay/shape/relabel-setting.ts');
        const { relabel, relabelLogs } = loaded.config;
        if (relabel && 'file' in relabel) loadRelabelRules(relabel.file, 'metrics');
        if (relabelLogs && 'file' in relabelLogs) loadRelabelRules(relabelLogs.file, 'logs');
      }
      if (loaded.tier === 'relay' && loaded.config.rollups) {
        const { loadRules } = await import('../../relay/rollup/rules.ts');
        loadRules(loaded.config.rollups.rules, loaded.config.workers);
      }
      if ((loaded.tier === 'core' || loaded.tier === 'relay') && loaded.config.cardinality?.orders) {
        const { loadOrders } = await import('../../lib/limits/orders-file.ts');
        loadOrders(loaded.config.cardinality.orders, Date.now());
      }
      if (loaded.tier === 'relay' && loaded.config.rules) {
        const { loadAlertingRules } = await import('../../relay/rules/rules.ts');
        loadAlertingRules(loaded.config.rules.file);
      }
      console.log(options.json ? JSON.stringify(config, null, 2) : `${file}: a good configuration for a ${tier}`);
    });
}
