/**
 * Bundles the collector for machines where memory counts: `node collector/node/bundle.ts DIRECTORY`, then
 * `node $(cat DIRECTORY/node-flags) DIRECTORY/main.js collector.yaml`. Of the mqtt package only what MQTT over TLS needs goes in.
 */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { nodeModulesPlugin } from './node-modules-plugin.ts';
import { profilesFolder } from './profile/load.ts';
import { SMALL_FLAGS } from './small-process.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

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

/** What goes into a bundle beside the collector. */
export interface BundleOptions {
  /** More programs in the same folder, sharing its parts: name without .js, file. */
  readonly entries?: Readonly<Record<string, string>>;
  /** What it says it is. */
  readonly release?: string;
}

/** A bundle: its main program, and the folders of the packages whose code is in it. */
export interface Bundle {
  readonly main: string;
  readonly packages: readonly string[];
}

/** Writes main.js and its parts into the directory, the hardware profiles, and the flags that go with it. */
export async function bundleCollector(
  directory: string,
  { entries = {}, release }: BundleOptions = {},
): Promise<Bundle> {
  const { metafile } = await build({
    entryPoints: { main: fileURLToPath(new URL('./main.ts', import.meta.url)), ...entries },
    outdir: directory,
    bundle: true,
    // The check of the configuration is a part of its own, loaded by the process that makes it.
    splitting: true,
    minify: true,
    metafile: true,
    absWorkingDir: ROOT,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    plugins: [smallMqtt, inlineProtos, nodeModulesPlugin],
    ...(release === undefined ? {} : { define: { 'process.env.HELIOGRAPH_RELEASE': JSON.stringify(release) } }),
    banner: { js: "import { createRequire as _cr } from 'node:module'; const require = _cr(import.meta.url);" },
  });
  cpSync(profilesFolder(), join(directory, 'hardware-profiles'), { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }\n');
  writeFileSync(join(directory, 'node-flags'), `${SMALL_FLAGS.join(' ')}\n`);
  const packages = Object.keys(metafile.inputs).flatMap((path) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);
  return { main: join(directory, 'main.js'), packages: [...new Set(packages)].sort().map((path) => join(ROOT, path)) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const directory = process.argv[2];
  if (directory === undefined) {
    process.stderr.write('usage: node collector/node/bundle.ts <directory>\n');
    process.exit(2);
  }
  process.stdout.write(`${(await bundleCollector(directory)).main}\n`);
}
