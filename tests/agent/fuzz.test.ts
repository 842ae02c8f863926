/** A seeded sample of what `npm run agent:fuzz` does at length. */

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { sanitizedAgent } from '../host/agent/support/agent-program';
import { scratchPath } from '../host/support/scratch';
import { requirement } from '../support/requirements';
import { hostileSession } from './hostile-frames';
import { makeRoot, runHostileSession } from './hostile-session';

const { test } = requirement('c-compiler');

test('hostile frames: every whole one is answered, and the sanitizers find nothing', async () => {
  const program = sanitizedAgent();
  makeRoot(scratchPath(''));
  const ends = new Set<string>();
  for (let seed = 1; seed <= 12; seed += 1) {
    const session = hostileSession(seed, 300);
    ends.add(session.end);
    expect({ seed, problem: await runHostileSession(program, scratchPath(''), session) }).toEqual({
      seed,
      problem: undefined,
    });
  }
  expect([...ends].sort()).toEqual(['cut', 'nonsense', 'whole']);
}, 120_000);

test('the sample finds an access past the end of a mapping, should the check be gone', async () => {
  const source = path.resolve(__dirname, '../../../agent');
  const folder = scratchPath('broken-agent');
  fs.cpSync(source, folder, { recursive: true });
  const file = path.join(folder, 'memory.c');
  const text = fs.readFileSync(file, 'utf8');
  const check = ' || length > slots[slot].length - at)';
  expect(text).toContain(check);
  fs.writeFileSync(file, text.replace(check, ')'));
  execFileSync('make', ['--silent', '-C', folder, `OUT=${folder}`, 'sanitized']);
  makeRoot(scratchPath(''));
  const program = path.join(folder, 'vfio-conformance-agent-asan');
  const problems: (string | undefined)[] = [];
  for (let seed = 1; seed <= 3; seed += 1)
    problems.push(await runHostileSession(program, scratchPath(''), hostileSession(seed, 300)));
  expect(problems.some((problem) => problem !== undefined)).toBe(true);
}, 120_000);
