/** Random changes of good files: never an exception, never a second, never a refusal without a word, never another meaning than YAML's. */
import * as fc from 'fast-check';
import { parse as parseYaml } from 'yaml';
import type { Diagnostic, Step } from '../../runner/language/scenario';
import { cpuMs } from '../support/cpu-time';
import { profile, scenario } from './fixtures/check';

const SCENARIO = `# A scenario with everything
scenario: Leaving pre-copy early loses nothing
description: >-
  What was read early and the rest restore the device.
clauses: [SAVE-REGARDLESS, "\${clause}"]
needs: [migration-v1, destination]
tags: [quick]
severity: critical
matrix:
  clause: [SAVE-ACK, STATE-RESET]
  n: [1, 0x10]
steps:
  - transition: pre-copy
    within: 250ms
  - save: {buffers: "\${n}", as: early, limit: 2MiB}
  - write: {region: bar0, at: 0x88, u64: 0xffffffffffffffff}
    expect: {errno: [EINVAL, EIO], state: running}
  - on: destination
    steps:
      - resume: {from: [early, rest]}
      - repeat: 3
        steps:
          - transition: 0x9
            provoke: STATE-RESERVED-RMW
            expect: either
  - wait: 1.5s
finally:
  - reset:
`;
const PROFILE = `device: QEMU edu
match: {pci: "1234:11e8"}
dma:
  - write: {region: bar0, at: 0x88, u64: "\${iova}"}
  - wait: 10ms
counter: {region: bar0, at: 0x8, width: 4}
waivers: [{clause: SAVE-ACK, reason: "erratum 12", until: 2027-01-01}]
assume: {arch: s390x}
`;

const SNIPPETS = [
  '- ',
  ': ',
  '\n',
  '  ',
  '\t',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  `\${n}`,
  `\${`,
  '#',
  '&a ',
  '*a',
  '!',
  '|',
  '>',
  '%YAML 1.1\n',
  '---\n',
  '0x',
  '010',
  '1e3',
  '~',
  '\u0000',
  '\ufeff',
  '😀',
  '\r',
  '\\',
  ',',
  '? ',
  'null',
  '<<',
  '.inf',
  '__proto__: ',
  '-',
  '99999999999999999999',
];

const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.nat({ max: 12 }),
  insert: fc.oneof(
    fc.constant(''),
    fc.constantFrom(...SNIPPETS),
    fc.string({ maxLength: 4, unit: 'binary' }),
    fc.constant('\u0001copy'),
  ),
});

function mutate(text: string, changes: readonly { at: number; remove: number; insert: string }[]): string {
  return changes.reduce((now, { at, remove, insert }) => {
    const index = Math.floor(at * now.length);
    const from = Math.floor((((at * 7919) % 1) + 1) % 1) * now.length;
    const inserted = insert === '\u0001copy' ? now.slice(from, from + 40) : insert;
    return now.slice(0, index) + inserted + now.slice(index + remove);
  }, text);
}

function check<T>(
  text: string,
  checked: () => { ok: true; value: T } | { ok: false; errors: readonly Diagnostic[] },
): T | undefined {
  const used = cpuMs();
  const result = checked();
  expect(used()).toBeLessThan(1000);
  if (result.ok) return result.value;
  expect(result.errors.length).toBeGreaterThan(0);
  const lines = text.split('\n').length;
  for (const { line, column, code, message } of result.errors) {
    expect([code, message]).not.toContain('internal-error');
    expect(code).not.toBe('schema');
    expect(line).toBeLessThanOrEqual(lines);
    expect(column).toBeGreaterThanOrEqual(1);
  }
  return undefined;
}

/** Verbs of a list of steps, as plain YAML has them. */
function verbsOf(plain: unknown): unknown {
  if (!Array.isArray(plain)) return [];
  return plain.map((step: Record<string, unknown>) => {
    const verb =
      Object.keys(step).find((key) => !['expect', 'judge', 'provoke', 'within', 'note', 'steps'].includes(key)) ??
      'note';
    const inner = step[verb] as { steps?: unknown } | null;
    return [verb, verbsOf(step.steps ?? (typeof inner === 'object' ? inner?.steps : undefined))];
  });
}

function verbsRead(steps: readonly Step[]): unknown {
  return steps.map((step) => [step.verb, verbsRead((step.args.steps ?? []) as readonly Step[])]);
}

/** `MUTANTS=20000` for a long look. */
const RUNS = Number(process.env.MUTANTS ?? 300);

test(
  'scenarios',
  () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (changes) => {
        const text = mutate(SCENARIO, changes);
        const value = check(text, () => scenario(text));
        if (!value) return;
        const plain = parseYaml(text, { version: '1.2', schema: 'core' }) as Record<string, unknown>;
        expect(value.name).toBe(plain.scenario);
        for (const one of value.cases) {
          expect(verbsRead(one.steps)).toEqual(verbsOf(plain.steps));
          expect(verbsRead(one.finallySteps)).toEqual(verbsOf(plain.finally));
        }
      }),
      { numRuns: RUNS },
    );
  },
  Math.max(10_000, RUNS * 50),
);

test(
  'profiles',
  () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (changes) => {
        const text = mutate(PROFILE, changes);
        const value = check(text, () => profile(text));
        if (!value) return;
        const plain = parseYaml(text, { version: '1.2', schema: 'core' }) as Record<string, unknown>;
        expect(value.device).toBe(plain.device);
      }),
      { numRuns: RUNS },
    );
  },
  Math.max(10_000, RUNS * 50),
);
