import { coreConfig } from '../../../core/config.ts';
import { startCore } from '../../../core/start.ts';
import { silentLog } from '../../../lib/log.ts';

// A core in a process of its own, for tests that kill it. Configuration as JSON in the first argument; tells its ports.
const core = await startCore(coreConfig.parse(JSON.parse(process.argv[2]!)), { log: silentLog });
process.send!({ ingest: core.ingest.port, http: core.http.port });
