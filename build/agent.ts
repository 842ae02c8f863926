/**
 * `npm run agent:build`: compiles agent/ for every architecture that there is a compiler for, into dist/agent/ARCHITECTURE. On Debian the
 * others' compilers are packages: gcc-aarch64-linux-gnu and its like, each with its libc6-dev-*-cross.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** `uname -m`, and what Debian's cross compiler for it is called. */
const TARGETS: readonly { readonly architecture: string; readonly compiler: string; readonly packages: string }[] = [
  {
    architecture: 'x86_64',
    compiler: 'x86_64-linux-gnu-gcc',
    packages: 'gcc-x86-64-linux-gnu libc6-dev-amd64-cross',
  },
  {
    architecture: 'aarch64',
    compiler: 'aarch64-linux-gnu-gcc',
    packages: 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross',
  },
  { architecture: 's390x', compiler: 's390x-linux-gnu-gcc', packages: 'gcc-s390x-linux-gnu libc6-dev-s390x-cross' },
  {
    architecture: 'ppc64le',
    compiler: 'powerpc64le-linux-gnu-gcc',
    packages: 'gcc-powerpc64le-linux-gnu libc6-dev-ppc64el-cross',
  },
];

const ROOT = path.resolve(__dirname, '../..');

/** Undefined when the compiler is not there; throws when the source does not compile. */
function build(architecture: string, compiler: string): string | undefined {
  const out = path.join(ROOT, 'dist/agent', architecture);
  if (spawnSync(compiler, ['--version']).error) return undefined;
  const made = spawnSync('make', ['--silent', '-C', path.join(ROOT, 'agent'), `CC=${compiler}`, `OUT=${out}`], {
    stdio: 'inherit',
  });
  if (made.error) throw made.error;
  if (made.status !== 0) throw new Error(`make for ${architecture} ended with exit code ${made.status}`);
  const file = path.join(out, 'vfio-conformance-agent');
  if (!existsSync(file)) throw new Error(`make left no ${file}`);
  return file;
}

function main(): void {
  const missing: string[] = [];
  for (const { architecture, compiler, packages } of TARGETS) {
    const file = build(architecture, architecture === os.machine() ? 'cc' : compiler);
    if (file === undefined) missing.push(packages);
    else console.log(`${path.relative(ROOT, file)}  ${statSync(file).size} bytes`);
  }
  for (const packages of missing) console.log(`not built for want of a compiler: apt-get install ${packages}`);
  if (missing.length === TARGETS.length) process.exitCode = 3;
}

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 3;
}
