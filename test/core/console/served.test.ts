import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { transform } from 'esbuild';
import fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addConsoleRoutes } from '../../../core/console/server/routes.ts';
import { PageModules } from '../../../lib/page/modules.ts';
import { squeeze } from '../../../lib/page/squeeze.ts';

const app = fastify({ logger: false });
let html = '';
let policy = '';

beforeAll(async () => {
  addConsoleRoutes(app);
  const answer = await app.inject('/');
  html = answer.body;
  policy = String(answer.headers['content-security-policy']);
});
afterAll(() => app.close());

/** Every address the document names. */
function named(): string[] {
  return [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path!);
}

describe('what a browser is given', () => {
  test('every view is the same document', async () => {
    for (const path of [
      '/fleet',
      '/host/web-1',
      '/explore?query=up',
      '/logs',
      '/ledger',
      '/deadletters',
      '/alerts',
      '/silences',
      '/rules',
    ]) {
      const answer = await app.inject(path);
      expect(answer.statusCode, path).toBe(200);
      expect(answer.body).toBe(html);
      expect(answer.headers['content-security-policy']).toBe(policy);
    }
  });

  test('nothing from elsewhere, nothing inline but the import map, whose hash the policy names', () => {
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(html).not.toMatch(/\son[a-z]+=|style=|https?:/);
    const inline = [...html.matchAll(/<script(?![^>]*src=)[^>]*>([^<]*)<\/script>/g)].map(([, text]) => text!);
    expect(inline).toHaveLength(1);
    const hash = createHash('sha256').update(inline[0]!).digest('base64');
    expect(policy).toContain(`script-src 'self' 'sha256-${hash}';`);
    for (const path of named()) expect(path).toMatch(/^\/console\/[\w./-]+$/);
  });

  test('every file it names is there, with the type that nosniff asks for', async () => {
    for (const path of named()) {
      const answer = await app.inject(path);
      expect(answer.statusCode, path).toBe(200);
      const type = path.endsWith('.css') ? 'text/css' : path.endsWith('.svg') ? 'image/svg+xml' : 'text/javascript';
      expect(answer.headers['content-type'], path).toMatch(type);
    }
  });

  test('less than 150 kB of script to begin with, as it goes over the wire, and less than 220 kB in all', async () => {
    const size = async (path: string) => {
      const answer = await app.inject(path);
      expect(answer.statusCode, path).toBe(200);
      return String(answer.headers['content-type']).startsWith('text/javascript') ? answer.rawPayload.length : 0;
    };
    let first = 0;
    for (const path of new Set(named())) first += await size(path);
    expect(first).toBeGreaterThan(60_000);
    expect(first).toBeLessThan(150_000);
    const later = new PageModules(resolve('core/console/page')).names().filter((name) => name.startsWith('later/'));
    expect(later.length).toBeGreaterThan(2);
    let rest = 0;
    for (const name of later) {
      expect(named()).not.toContain(`/console/${name}`);
      rest += await size(`/console/${name}`);
    }
    expect(first + rest).toBeLessThan(220_000);
  });

  test('nothing that comes with the page needs what comes later, but by an import when it is looked at', async () => {
    for (const path of named().filter((name) => name.endsWith('.ts'))) {
      const { body } = await app.inject(path);
      expect(body.match(/from\s*'[^']*later\//), path).toBe(null);
    }
  });

  test('no module writes markup from text', async () => {
    for (const path of named().filter((name) => name.endsWith('.ts'))) {
      const { body } = await app.inject(path);
      expect(body, path).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/);
    }
  });

  test('a browser that has a file is told so', async () => {
    const first = await app.inject('/console/main.ts');
    const again = await app.inject({
      url: '/console/main.ts',
      headers: { 'if-none-match': String(first.headers.etag) },
    });
    expect([again.statusCode, again.body]).toEqual([304, '']);
  });

  test.each([
    '/console/../server/routes.ts',
    '/console/%2e%2e/server/routes.ts',
    '/console/tsconfig.json',
    '/console/lib/x',
    '/console/',
  ])('%s is not there', async (path) => {
    expect((await app.inject(path)).statusCode).toBe(404);
  });
});

test('what is left out changes nothing: another program makes the same of it', async () => {
  const folder = 'core/console/page';
  const modules = new PageModules(resolve(folder));
  const plain = (code: string) => transform(code, { minifyWhitespace: true, loader: 'ts', legalComments: 'none' });
  const scripts = modules.names().filter((name) => name.endsWith('.ts'));
  expect(scripts.length).toBeGreaterThan(30);
  for (const name of scripts) {
    const source = stripTypeScriptTypes(readFileSync(join(folder, name), 'utf8'), { mode: 'strip' });
    expect((await plain(modules.get(name)!.content.toString())).code, name).toBe((await plain(source)).code);
  }
});

test.each([
  ['a = b / c / d; // no\nr = /[/\'"]\\//g;', 'a=b/c/d\nr=/[/\'"]\\//g;\n'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the source of a program, not a template.
  ['s = `a  ${b + `  ${"}"}`} /* kept */`;', 's=`a  ${b + `  ${"}"}`} /* kept */`;\n'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the source of a program, not a template.
  ['s = `${(a / 2).toFixed(1)} k`;', 's=`${(a / 2).toFixed(1)} k`;\n'],
  ['return /x y/ .test(a + +b);', 'return/x y/.test(a+ +b);\n'],
  ['a = (b) => f((c));\n(d)', 'a=b=>f((c));\n(d)\n'],
  ["'it // is' /* and */ in x;", "'it // is'in x;\n"],
])('%s without what only people need', (script, left) => {
  expect(squeeze(script)).toBe(left);
});

test('a module that changed is stripped again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heliograph-page-'));
  try {
    writeFileSync(join(folder, 'one.ts'), 'export const one: number = 1;\n');
    const modules = new PageModules(folder);
    const first = modules.get('one.ts')!;
    expect(first.content.toString()).toBe('export const one=1;\n');
    expect(modules.get('one.ts')).toBe(first);
    writeFileSync(join(folder, 'one.ts'), 'export const one: number = 22;\n');
    const second = modules.get('one.ts')!;
    expect(second.content.toString()).toContain('=22;');
    expect(second.etag).not.toBe(first.etag);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
