// What a suite's JSON report says, in the terms of .ci/run: which files are worth a second run, and how many tests passed and failed.
//   node .ci/results.mjs again   <root> <suite.json>          prints the files to run once more, one a line
//   node .ci/results.mjs verdict <root> <firstFailed> <dir>   prints what failed and why, then "N passed, N failed"
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a test says that did not run: something it needs is not on this machine. It has neither passed nor failed, and is listed. */
const SKIPPED = new Set(['skipped', 'pending', 'todo', 'disabled']);

/** Of more than this many files, none is run again: that is a broken tree, not a noisy machine. */
const MOST_AGAIN = 3;

const [, , command, root, ...rest] = process.argv;

/** The files of a report: path below the root, tests that passed, and those that did not with the first lines of the reason. */
function read(path) {
  return JSON.parse(readFileSync(path, 'utf8')).testResults.map(({ name, status, message, assertionResults }) => {
    const skipped = assertionResults.filter((test) => SKIPPED.has(test.status)).map((test) => test.fullName);
    const bad = assertionResults
      .filter((test) => test.status !== 'passed' && !SKIPPED.has(test.status))
      .map((test) => ({ title: test.fullName, why: test.failureMessages?.[0] ?? test.status }));
    // A file that cannot be loaded fails without a failed test in it.
    if (bad.length === 0 && skipped.length === 0 && status !== 'passed')
      bad.push({ title: '(the file itself)', why: message || status });
    return {
      file: name.replace(`${root}/`, ''),
      passed: assertionResults.length - bad.length - skipped.length,
      bad,
      skipped,
      ran: assertionResults.length - skipped.length,
    };
  });
}

/** The files whose process died under them: vitest says so in its log and leaves no result. */
function crashed(json) {
  const log = readFileSync(json.replace(/json$/, 'log'), 'utf8');
  const lines = log.matchAll(/exited unexpectedly with signal SIG[A-Z]+ .*running test file ([A-Za-z0-9_./-]+)/g);
  return {
    files: [...new Set([...lines].map(([, file]) => file.replace(`${root}/`, '')))],
    unhandled: Number(/Vitest caught (\d+) unhandled error/.exec(log)?.[1] ?? 0),
  };
}

function again(json) {
  const files = new Set(crashed(json).files);
  for (const { file, bad } of read(json)) if (bad.length > 0) files.add(file);
  if (files.size <= MOST_AGAIN) for (const file of files) console.log(file);
}

function print(heading, file, { title, why }) {
  const reason = String(why)
    .split('\n')
    .filter((line) => !line.includes('/node_modules/'))
    .slice(0, 12)
    .map((line) => `    ${line.slice(0, 300)}`)
    .join('\n');
  console.log(`${heading}: ${file} > ${title}\n${reason}`);
}

function verdict(firstFailed, dir) {
  let passed = 0;
  let failed = Number(firstFailed);
  for (const suite of ['tests', 'engines']) {
    const json = join(dir, `${suite}.json`);
    if (!existsSync(json)) {
      // A suite that left no result has failed; so has one that ran nothing.
      console.log(`FAILED: the suite ${suite} left no result`);
      failed += 1;
      continue;
    }
    const second = readdirSync(dir)
      .filter((name) => name.startsWith(`again-${suite}-`) && name.endsWith('.json'))
      .flatMap((name) => read(join(dir, name)));
    const first = read(json);
    const dead = crashed(json);
    if (first.every(({ ran }) => ran === 0)) failed += 1;
    const before = failed;
    for (const { file, skipped } of first)
      for (const title of skipped) console.log(`not run, it needs what is not here: ${file} > ${title}`);
    for (const one of first) {
      const retried = second.find(({ file }) => file === one.file);
      for (const bad of one.bad)
        print(retried === undefined ? 'FAILED' : 'failed the first time, and was run once more, alone', one.file, bad);
      const counted = retried ?? one;
      passed += counted.passed;
      failed += counted.bad.length;
      if (retried === undefined) continue;
      for (const bad of retried.bad) print('FAILED again', one.file, bad);
      if (retried.ran < one.ran || retried.ran === 0) {
        console.log(`FAILED again: ${one.file}: ${retried.ran} tests of ${one.ran} ran`);
        failed += 1;
      }
    }
    for (const file of dead.files) {
      if (first.some((one) => one.file === file)) continue;
      const retried = second.find((one) => one.file === file);
      console.log(`${retried === undefined ? 'FAILED' : 'its process crashed, and it was run once more'}: ${file}`);
      passed += retried?.passed ?? 0;
      failed += retried?.bad.length ?? 1;
    }
    // An error outside of any test; the crash of a process is one of them.
    if (failed === before && dead.unhandled > dead.files.length) {
      console.log(`FAILED: ${dead.unhandled} errors outside of any test in the suite ${suite}`);
      failed += 1;
    }
  }
  for (const log of readdirSync(dir).filter((name) => name.startsWith('again-') && name.endsWith('.log'))) {
    const { files, unhandled } = crashed(join(dir, log.replace(/log$/, 'json')));
    if (files.length + unhandled === 0) continue;
    console.log(`FAILED: a second run ended with an error outside of any test: ${log}`);
    failed += 1;
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}

if (command === 'again') again(rest[0]);
else verdict(rest[0], rest[1]);
