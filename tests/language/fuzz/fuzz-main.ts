/**
 * `npm run fuzz:language -- [--mutants N] [--seed N]`: the mutation fuzzer as long as wanted. What is wrong is said, and each such mutant is
 * kept in dist/fuzz/, for `vfio-conformance lint`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { PACKAGE_ROOT } from '../../../runner/language';
import { fuzz } from './fuzz';

const { values } = parseArgs({
  options: { mutants: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } },
});
const mutants = Number(values.mutants);
const seed = Number(values.seed);
if (!Number.isInteger(mutants) || !Number.isInteger(seed) || mutants < 1) {
  console.error('--mutants and --seed take whole numbers');
  process.exit(2);
}
const began = performance.now();
const result = fuzz(mutants, seed, (number, wrong) => {
  if (number % 2000 === 1999) console.log(`${number + 1} mutants, ${wrong} answered wrongly`);
});
const folder = path.join(PACKAGE_ROOT, 'dist', 'fuzz');
for (const { number, file, what, text } of result.wrong) {
  const kept = path.join(folder, `${seed}-${number}.yaml`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(kept, text);
  console.log(
    `\nmutant ${number} of ${path.relative(PACKAGE_ROOT, file)}: ${what}\n  kept in ${path.relative('.', kept)}`,
  );
}
const seconds = ((performance.now() - began) / 1000).toFixed(0);
console.log(
  `${result.mutants} mutants with seed ${seed} in ${seconds} s: ${result.accepted} accepted and read as they mean, the slowest took ${result.slowestMs.toFixed(0)} ms; ${result.wrong.length} answered wrongly`,
);
process.exitCode = result.wrong.length > 0 ? 1 : 0;
