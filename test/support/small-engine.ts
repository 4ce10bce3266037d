import { build } from 'esbuild';
import { getQuickJS } from 'quickjs-emscripten';
import { expect } from 'vitest';

/** A program and what it imports, as one script that has nothing but the language. @param folder that its imports are relative to */
export async function bundledForSmallEngine(program: string, folder: string): Promise<string> {
  const bundle = await build({
    stdin: { contents: program, resolveDir: folder, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'iife',
    // Knows no built-in module: any node: import fails the build.
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2022',
  });
  return bundle.outputFiles[0]!.text;
}

/** Runs a script on an engine without Node, Buffer or TextDecoder. @returns its last expression; a script that throws fails the test */
export async function onSmallEngine(code: string): Promise<unknown> {
  const engine = (await getQuickJS()).newContext();
  const outcome = engine.evalCode(code);
  if (outcome.error) expect.fail(JSON.stringify(engine.dump(outcome.error)));
  const last = engine.dump(outcome.value);
  outcome.value.dispose();
  engine.dispose();
  return last;
}
