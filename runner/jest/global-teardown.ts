/** Jest's global teardown in the preset: says where a plain `npx jest` left its results. */
import path from 'node:path';
import { PLAN_VARIABLE } from './environment-options';
import { isOwnPlan } from './plan-file';

export default function globalTeardown(): void {
  const plan = process.env[PLAN_VARIABLE];
  if (plan === undefined || !isOwnPlan(plan)) return;
  const folder = path.relative(process.cwd(), path.dirname(plan));
  process.stderr.write(`\nThe results are in ${folder}; vfio-conformance report ${folder} makes a report of them.\n`);
}
