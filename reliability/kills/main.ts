/** `npm run kills`: executors and whole runs are ended at random; nothing may be left. */
import { parseArgs } from 'node:util';
import { type Evidence, evidenceText, record } from '../evidence';
import { killExecutors } from './executors';
import { endRuns } from './whole-runs';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '1000' },
    /** Whole runs that are ended. */
    runs: { type: 'string', default: '21' },
    seed: { type: 'string', default: '1' },
    record: { type: 'boolean', default: false },
  },
});

async function main(): Promise<number> {
  const began = performance.now();
  const seed = Number(values.seed);
  const cases = await killExecutors({ cases: Number(values.cases), seed, oneIn: 6 });
  console.log(JSON.stringify(cases));
  const runs = await endRuns(Number(values.runs), seed, ({ what, exit, violations }) =>
    console.log(`${violations.length === 0 ? 'ok' : 'VIOLATED'}  ${what}: exit code ${exit} ${violations.join('; ')}`),
  );
  const kills = Object.values(cases.kills).reduce((sum, count) => sum + count, 0);
  const kinds = [...new Set(runs.map(({ what }) => what))];
  const violations = runs.flatMap((one) => one.violations);
  const { before, after } = cases;
  const evidence: Evidence = {
    name: 'kills',
    title: 'Clean-up',
    command: 'npm run kills',
    day: new Date().toISOString().slice(0, 10),
    seconds: (performance.now() - began) / 1000,
    rows: [
      {
        tried: `cases, ${kills} of their executors ended at random (${Object.keys(cases.kills).sort().join(', ')}), others hung in a call`,
        times: cases.cases,
        happened:
          cases.violations[0] ??
          `descriptors ${before.descriptors} before and ${after.descriptors} after, mapped files ${before.mappings} and ${after.mappings}, processes ${before.children} and ${after.children}, temporary files ${before.files} and ${after.files}; no case held against the device`,
        ok: cases.violations.length === 0,
      },
      ...kinds.map((kind) => {
        const mine = runs.filter(({ what }) => what === kind);
        const wrong = mine.flatMap((one) => one.violations);
        return {
          tried: `${kind}, at a random time of a whole run`,
          times: mine.length,
          happened: wrong[0] ?? 'no process, no half file; the record is whole; the next run sweeps the rest',
          ok: wrong.length === 0,
        };
      }),
    ],
  };
  console.log(`\n${evidenceText(evidence)}`);
  if (values.record) console.log(`kept in ${record(evidence)}`);
  return cases.violations.length + violations.length === 0 ? 0 : 1;
}

void main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  },
);
