/** Builds an out-of-tree kernel module against a kernel of the lab. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { mustRun } from './child';
import { LabFailure } from './failure';
import { type LabKernel, sweepPartial } from './kernel/lab-kernel';
import { finish, isWhole } from './seal';

/** Products of a build in the source folder do not belong to the source. */
const productPattern = /\.(o|ko|mod|mod\.c|cmd)$|^\.|^(Module\.symvers|modules\.order)$/;

function sourceFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !productPattern.test(name) && statSync(join(folder, name)).isFile())
    .sort();
}

/** A name for this source built for this kernel: it changes with every byte of either. */
export function sourceDigest(release: string, version: string, folder: string): string {
  const hash = createHash('sha256').update(`${release}\0${version}\0`);
  for (const name of sourceFiles(folder))
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(folder, name)))
      .update('\0');
  return hash.digest('hex').slice(0, 12);
}

function onlyModule(folder: string, module: string | undefined): string {
  const built = readdirSync(folder).filter((name) => name.endsWith('.ko'));
  const chosen = module === undefined ? built : built.filter((name) => name === `${module}.ko`);
  const [only] = chosen;
  if (only === undefined || chosen.length !== 1) {
    throw new LabFailure(
      `${folder} made ${built.length === 0 ? 'no module' : built.join(', ')}; expected ${module ?? 'exactly one module'}`,
    );
  }
  return join(folder, only);
}

export interface ModuleBuildOptions {
  /** Builds NAME.c as the only module, whatever Makefile lies beside it (samples of the kernel's own tree). */
  readonly module?: string;
}

/**
 * Builds the module whose source and Kbuild file (or Makefile with `obj-m`) lie in `sourceDir`, in a folder of the cache, and
 * gives the .ko. An unchanged source is not built again. Rejects with LabFailure, the compiler's last lines in its message.
 */
export async function buildModule(
  kernel: LabKernel,
  sourceDir: string,
  options: ModuleBuildOptions = {},
): Promise<string> {
  const source = resolve(sourceDir);
  if (!existsSync(source)) throw new LabFailure(`no such folder: ${sourceDir}`, '', 2);
  const { module } = options;
  // The cache is kernels/.. : every kernel lies in CACHE/kernels/RELEASE.
  const folder = join(dirname(dirname(kernel.root)), 'modules', kernel.release);
  const name = module ?? basename(source);
  const done = join(folder, `${name}-${sourceDigest(kernel.release, kernel.selection.version, source)}`);
  if (isWhole(done)) return onlyModule(done, module);

  mkdirSync(folder, { recursive: true });
  sweepPartial(folder);
  const partial = join(folder, `partial-${process.pid}-${name}`);
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial);
  try {
    for (const file of sourceFiles(source)) cpSync(join(source, file), join(partial, file));
    if (module !== undefined) writeFileSync(join(partial, 'Kbuild'), `obj-m := ${module}.o\n`);
    // Warnings and BUGs of the kernel name the source file: by its own name, not by that of our folder.
    const prefixMap = `KCFLAGS=-fmacro-prefix-map=${partial}/=`;
    await mustRun('make', [`-j${availableParallelism()}`, '-C', kernel.headers, `M=${partial}`, prefixMap, 'modules'], {
      env: { ...process.env, LC_ALL: 'C' },
      timeoutMs: 300_000,
    });
    onlyModule(partial, module);
    for (const old of readdirSync(folder)) {
      if (old.startsWith(`${name}-`)) rmSync(join(folder, old), { recursive: true, force: true });
    }
    finish(partial, done);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return onlyModule(done, module);
}
