import { readFileSync } from 'node:fs';
import { systemClock } from '../../lib/clock.ts';
import { parseConfig } from '../../lib/config/load.ts';
import { silentLog } from '../../lib/log.ts';
import { relayConfig } from '../../relay/config.ts';
import { type Relay, startRelay } from '../../relay/start.ts';
import { type RelayOfWorkers, startWorkers } from '../../relay/workers/supervisor.ts';

/** What the kernel counts CPU in, a second. */
const TICKS = 100;

/** A relay of one process or of several, that says what CPU all of them have used. Linux. */
const config = parseConfig('bench.yaml', process.argv[2]!, relayConfig);
const deps = { log: silentLog, clock: systemClock };
const relay: Relay & Partial<RelayOfWorkers> =
  config.workers > 1 ? await startWorkers(config, { ...deps, workerLog: null }) : await startRelay(config, deps);
process.send!({ ...relay.addresses });
process.on('message', (message: { stop?: boolean }) => {
  if (message.stop) {
    relay.close().then(() => process.exit(0));
    return;
  }
  const own = process.cpuUsage();
  let user = own.user;
  let { system } = own;
  for (const pid of relay.pids?.() ?? []) {
    // After the command's name, which may hold blanks: the 12th and 13th field are user and system time.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    user += (Number(fields[11]) / TICKS) * 1e6;
    system += (Number(fields[12]) / TICKS) * 1e6;
  }
  process.send!({ cpu: { user, system }, memory: process.memoryUsage().rss, supervisor: own });
});
