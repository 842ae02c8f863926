/** What the oracles cost: a certification of the reference device in one process, with all of them and with none. */
import { SelfTest } from '../../runner/execution/self-test/self-test';
import { ORACLES } from '../../runner/oracles/all';
import { median, type Row } from '../row';

const ROUNDS = 5;
const BUDGET = 1.3;

/** Processor time, which other programs' work does not lengthen. */
async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const began = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}

export async function oracles(): Promise<Row> {
  const selfTest = new SelfTest({ suite: 'certify', without: [] });
  const on = () => milliseconds(() => selfTest.certify('reference', ORACLES));
  const off = () => milliseconds(() => selfTest.certify('reference', []));
  await on();
  await off();
  const rounds: { on: number; off: number }[] = [];
  for (let n = 0; n < ROUNDS; n += 1) rounds.push({ on: await on(), off: await off() });
  const ratios = rounds.map((round) => round.on / round.off);
  const ratio = median(ratios);
  const note = `on ${median(rounds.map((round) => round.on)).toFixed(0)} ms, off ${median(rounds.map((round) => round.off)).toFixed(0)} ms, ratio ${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
  return { name: 'certification with all oracles, against none', ratio, budget: BUDGET, met: ratio <= BUDGET, note };
}
