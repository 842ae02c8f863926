/** `lab module FOLDER`: builds an out-of-tree module for the lab's kernel and prints its .ko on standard output. */
import { obtainKernel } from '../kernel/lab-kernel';
import { bootPackages, requirePackages } from '../requirements';
import { buildNamed, type Lab } from '../session';

export async function module(lab: Lab): Promise<number> {
  const { command, paths, progress } = lab;
  await requirePackages(bootPackages, progress);
  const kernel = await obtainKernel(paths.cache, command.kernel, progress, command.refresh);
  process.stdout.write(`${await buildNamed(lab, kernel, command.args[0] ?? '')}\n`);
  return 0;
}
