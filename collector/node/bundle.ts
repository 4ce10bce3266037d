/**
 * Bundles the collector for machines where memory counts: `node collector/node/bundle.ts DIRECTORY`, then
 * `node $(cat DIRECTORY/node-flags) DIRECTORY/main.js collector.yaml`. Of the mqtt package only what MQTT over TLS needs goes in.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

/**
 * V8 told to collect early, to keep little and to compile nothing: the compilers' own pages are 9 MB, and a collector is idle most of the time.
 * For a host with many log lines leave out the last three.
 */
export const SMALL_FLAGS = [
  '--max-old-space-size=32',
  '--max-semi-space-size=1',
  '--optimize-for-size',
  '--expose-gc',
  '--single-threaded',
  '--no-sparkplug',
  '--no-maglev',
  '--no-opt',
];
/** One heap of the C library instead of one a thread; memory given back at once; two threads for files (one alone lets a slow fsync hold up all). */
export const SMALL_ENVIRONMENT = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '65536', UV_THREADPOOL_SIZE: '2' };

/** Ways to a broker that the collector never takes, and what a browser would want. */
const LEFT_OUT = /^(\.\/(ws|socks|ali|wx)|worker-timers)$/;

const smallMqtt: Plugin = {
  name: 'small-mqtt',
  setup(builder) {
    builder.onResolve({ filter: LEFT_OUT }, ({ path, importer }) =>
      importer.includes('/mqtt/') ? { path, namespace: 'left-out' } : undefined,
    );
    builder.onResolve({ filter: /^debug$/ }, ({ path }) => ({ path, namespace: 'silent' }));
    // The package's own copies of what Node has.
    builder.onResolve({ filter: /^readable-stream$/ }, () => ({ path: 'node:stream', external: true }));
    builder.onResolve({ filter: /^string_decoder\/?$/ }, () => ({ path: 'node:string_decoder', external: true }));
    builder.onResolve({ filter: /^(process|buffer|events)\/$/ }, ({ path }) => ({
      path: `node:${path.slice(0, -1)}`,
      external: true,
    }));
    builder.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
      contents: `module.exports = new Proxy({}, { get(_, name) { if (name === '__esModule') return true; return () => { throw new Error(${JSON.stringify(`${path} is not in this bundle`)}); }; } });`,
    }));
    builder.onLoad({ filter: /.*/, namespace: 'silent' }, () => ({
      contents:
        'const none = () => undefined; module.exports = () => Object.assign(() => undefined, { enabled: false, log: none });',
    }));
  },
};

/** Texts of protocols that doors for applications read at their start. */
const PROTOS = ['otlp/common', 'otlp/metrics', 'otlp/logs', 'push'];

const inlineProtos: Plugin = {
  name: 'inline-protos',
  setup(builder) {
    builder.onLoad({ filter: /doors\/proto-text\.ts$/ }, () => {
      const text = (name: string) => readFileSync(new URL(`../../proto/${name}.proto`, import.meta.url), 'utf8');
      const texts = Object.fromEntries(PROTOS.map((name) => [name, text(name)]));
      return { contents: `const texts = ${JSON.stringify(texts)};\nexport const protoText = (name) => texts[name];` };
    });
  },
};

/** Writes main.js and its parts into the directory, and the flags that go with it. */
export async function bundleCollector(directory: string): Promise<string> {
  await build({
    entryPoints: [fileURLToPath(new URL('./main.ts', import.meta.url))],
    outdir: directory,
    bundle: true,
    // The check of the configuration is a part of its own, loaded by the process that makes it.
    splitting: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    plugins: [smallMqtt, inlineProtos],
    banner: { js: "import { createRequire as _cr } from 'node:module'; const require = _cr(import.meta.url);" },
  });
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }\n');
  writeFileSync(join(directory, 'node-flags'), `${SMALL_FLAGS.join(' ')}\n`);
  return join(directory, 'main.js');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const directory = process.argv[2];
  if (directory === undefined) {
    process.stderr.write('usage: node collector/node/bundle.ts <directory>\n');
    process.exit(2);
  }
  process.stdout.write(`${await bundleCollector(directory)}\n`);
}
