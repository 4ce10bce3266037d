import { bench } from '../kinds.ts';
import { run, type TargetPart } from './target.ts';

/** Who makes the load, and other programs that take it. */
export const OTHERS: readonly TargetPart[] = [
  {
    part: 'The simulator, and others with the same load in the same run',
    targets: [
      {
        what: "the simulator's CPU, at most half of the relay's",
        figures: /^CPU per million samples$/,
        of: bench('simulator'),
        command: run('simulator'),
      },
      {
        what: 'vmagent (no TLS, no disk) beside relay and core',
        figures: /^vmagent beside relay and core together$/,
        of: bench('peers'),
        command: run('peers'),
      },
      {
        what: 'relay beside mosquitto (no disk, nothing forwarded)',
        figures: /^relay beside mosquitto$/,
        of: bench('peers'),
        command: run('peers'),
      },
      {
        what: 'collector beside rsyslog (no TLS, no acknowledgement, no masking)',
        figures: /^collector beside rsyslog$/,
        of: bench('peers'),
        command: run('peers'),
      },
    ],
  },
];
