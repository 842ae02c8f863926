/** The kernel modules that the guest loads, with what they depend on, in an order in which insmod takes them. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { mustRun } from '../child';
import { LabFailure } from '../failure';
import type { LabKernel } from '../kernel/lab-kernel';

/**
 * What the guest needs: VFIO with its type1 IOMMU, mediated devices, the 9p share and the PCI transport below it. A kernel may
 * have some of them built in.
 */
export const guestModules = [
  'vfio',
  'vfio_iommu_type1',
  'vfio-pci',
  'mdev',
  'virtio_pci',
  '9p',
  '9pnet_virtio',
] as const;

/** The name by which a module depends on another: `vfio_pci` of `kernel/drivers/vfio/pci/vfio-pci.ko.xz`. */
export function moduleName(pathOrName: string): string {
  return basename(pathOrName)
    .replace(/\.ko(\.(xz|zst|gz))?$/, '')
    .replaceAll('-', '_');
}

/** Dependencies first, each once. `dependsOn` gives the direct dependencies of a module name. Throws LabFailure on a circle. */
export function loadOrder(wanted: readonly string[], dependsOn: (name: string) => readonly string[]): string[] {
  const order: string[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const visit = (name: string): void => {
    const seen = state.get(name);
    if (seen === 'done') return;
    if (seen === 'open') throw new LabFailure(`the kernel modules depend on each other in a circle at ${name}`);
    state.set(name, 'open');
    for (const dependency of dependsOn(name)) visit(moduleName(dependency));
    state.set(name, 'done');
    order.push(name);
  };
  for (const name of wanted) visit(moduleName(name));
  return order;
}

export interface LoadableModule {
  readonly name: string;
  /** The decompressed .ko. */
  readonly content: Buffer;
}

async function decompressed(file: string): Promise<Buffer> {
  if (file.endsWith('.xz')) return (await mustRun('xz', ['-d', '-c', file])).bytes;
  if (file.endsWith('.zst')) return (await mustRun('zstd', ['-d', '-q', '-c', file])).bytes;
  return readFileSync(file);
}

/** Module name to the path in one of the kernel's lists (modules.order, modules.builtin). */
function listed(kernel: ModuleTree, list: string): Map<string, string> {
  const lines = readFileSync(join(kernel.modules, list), 'utf8').split('\n');
  return new Map(lines.filter((line) => line !== '').map((line) => [moduleName(line), line]));
}

type ModuleTree = Pick<LabKernel, 'modules' | 'release'>;

/** The modules `names` and `extra` (out-of-tree .ko files), ready for insmod one after the other. */
export async function modulesInOrder(
  kernel: ModuleTree,
  extra: readonly string[],
  names: readonly string[] = guestModules,
): Promise<LoadableModule[]> {
  const inTree = listed(kernel, 'modules.order');
  const builtIn = listed(kernel, 'modules.builtin');
  const outOfTree = new Map(extra.map((file) => [moduleName(file), file]));
  const fileOf = (name: string): string => {
    const own = outOfTree.get(name);
    if (own !== undefined) return own;
    const path = inTree.get(name);
    const file = ['', '.xz', '.zst']
      .map((suffix) => join(kernel.modules, `${path}${suffix}`))
      .find((f) => existsSync(f));
    if (path === undefined || file === undefined) throw new LabFailure(`${kernel.release} has no module ${name}`);
    return file;
  };
  const wanted = [...names, ...extra].map(moduleName).filter((name) => !builtIn.has(name));
  const dependencies = new Map<string, readonly string[]>();
  for (const pending = [...wanted]; pending.length > 0; ) {
    const name = pending.pop();
    if (name === undefined || dependencies.has(name)) continue;
    const answer = (await mustRun('modinfo', ['-F', 'depends', fileOf(name)])).stdout.trim();
    const needed = answer
      .split(',')
      .filter((n) => n !== '')
      .map(moduleName)
      .filter((n) => !builtIn.has(n));
    dependencies.set(name, needed);
    pending.push(...needed);
  }
  const modules: LoadableModule[] = [];
  for (const name of loadOrder(wanted, (n) => dependencies.get(n) ?? [])) {
    modules.push({ name, content: await decompressed(fileOf(name)) });
  }
  return modules;
}
