/** Compiles the C programs that the kit is measured against. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(__dirname, '..', '..');

/** The program of bench/c/NAME.c, compiled with -O2. Throws with what the compiler said. */
export function compile(name: string, flags: readonly string[] = []): string {
  const folder = path.join(ROOT, 'dist', 'bench', 'c');
  mkdirSync(folder, { recursive: true });
  const program = path.join(folder, name);
  execFileSync(
    process.env['CC'] ?? 'cc',
    ['-O2', '-Wall', '-Wextra', '-o', program, path.join(ROOT, 'bench', 'c', `${name}.c`), ...flags],
    { stdio: ['ignore', 'inherit', 'pipe'] },
  );
  return program;
}
