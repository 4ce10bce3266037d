import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { HeliographError } from '../../lib/errors.ts';

/** What must be on the machine before an engine's script can work. */
export interface Need {
  readonly what: string;
  /** A test for bash; the scripts' own functions are there. */
  readonly test: string;
  /** What to do when it is missing. */
  readonly fix: string;
}

const LIBRARY = fileURLToPath(new URL('../../test/engines/start/lib.sh', import.meta.url));

export const NEEDS = {
  java21: {
    what: 'a JDK of Java 21 or newer',
    test: 'java_at_least 21',
    fix: 'install one (Debian 13, Ubuntu 24.04: apt-get install openjdk-21-jdk-headless) or set JAVA_HOME to one that is unpacked somewhere',
  },
  java17: {
    what: 'Java 17 or newer',
    test: 'java_at_least 17',
    fix: 'install one (Debian, Ubuntu: apt-get install openjdk-17-jre-headless) or set JAVA_HOME to one that is unpacked somewhere',
  },
  maven: { what: 'mvn', test: 'command -v mvn', fix: 'Debian, Ubuntu: apt-get install maven' },
  python: {
    what: 'python3 with pip',
    test: 'python3 -m pip --version',
    fix: 'Debian, Ubuntu: apt-get install python3-pip',
  },
  debian: {
    what: 'apt-get and dpkg-deb',
    test: 'command -v apt-get && command -v dpkg-deb',
    fix: 'this engine comes as a Debian package: use Debian or Ubuntu, or run it yourself and name it in core.yaml',
  },
  curl: { what: 'curl', test: 'command -v curl', fix: 'Debian, Ubuntu: apt-get install curl' },
} as const satisfies Record<string, Need>;

/**
 * Looks whether everything is there.
 * @throws HeliographError HG_START_NEEDS with all that is missing, and what to do about each
 */
export function checkNeeds(engines: readonly { readonly name: string; readonly needs: readonly Need[] }[]): void {
  if (process.platform !== 'linux') {
    throw new HeliographError(
      'HG_START_NEEDS',
      'the scripts that start engines run on Linux; elsewhere start the engines yourself and name them in core.yaml (docs/engines.md), or use npm start',
    );
  }
  const missing = engines.flatMap(({ name, needs }) =>
    needs.filter((need) => !isThere(need)).map(({ what, fix }) => `${name} needs ${what}, which is not here; ${fix}`),
  );
  if (missing.length === 0) return;
  const rest = `Or leave the engine out, such as with --engines s3: what it would keep stays in the embedded store.`;
  throw new HeliographError('HG_START_NEEDS', `\n  ${missing.join('\n  ')}\n${rest}`);
}

function isThere({ test }: Need): boolean {
  return spawnSync('bash', ['-c', `. "$1"; ${test}`, 'need', LIBRARY], { stdio: 'ignore' }).status === 0;
}
