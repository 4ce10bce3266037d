import { isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';

/**
 * Gives a bundle of Node's own modules the exports that it uses. An `import` of one asks it for every export that it has, and some load half of Node when they are
 * asked for: `node:http` a whole client of WebSocket and fetch, 11 MiB of memory in place of 4; `node:fs` and `node:util` 3 MiB.
 */
export const nodeModulesPlugin: Plugin = {
  name: 'node-modules',
  setup(builder) {
    builder.onResolve({ filter: /^[a-z0-9_:/]+$/ }, ({ path, kind }) =>
      isBuiltin(path) && (kind === 'import-statement' || kind === 'dynamic-import')
        ? { path: path.replace(/^node:/, ''), namespace: 'node-module', sideEffects: false }
        : undefined,
    );
    builder.onLoad({ filter: /.*/, namespace: 'node-module' }, ({ path }) => ({ contents: exportsOf(path) }));
  },
};

/** Each export by itself, so that those that nobody imports are left out. */
function exportsOf(path: string): string {
  const module = `process.getBuiltinModule(${JSON.stringify(`node:${path}`)})`;
  const names = Object.keys(process.getBuiltinModule(`node:${path}`)!).filter((name) => name !== 'default');
  return [
    `export default /* @__PURE__ */ (() => ${module})();`,
    ...names.map((name, i) => `const e${i} = /* @__PURE__ */ (() => ${module}.${name})();`),
    `export { ${names.map((name, i) => `e${i} as ${name}`).join(', ')} };`,
  ].join('\n');
}
