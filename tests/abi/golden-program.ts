/** A C program that prints what the installed headers say of everything in the registries, one line each. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ALL_CONSTANTS, ALL_LAYOUTS, ERRNO_NAMES, IOCTLS, isKernelInternalErrno } from '../../runner/abi';
import { compiler } from '../support/requirements';
import { ENUMERATORS, HEADER_NAMES } from './header-names';

/** States that the macros of device_state are tried on. */
export const TRIED_STATES: readonly number[] = [
  ...Array.from({ length: 32 }, (_, n) => n),
  0x7fff_fff8,
  0x8000_0001,
  0xffff_fff6,
  0xffff_ffff,
];

/** What the header says: `size S`, `field S.F` -> "offset width", `constant N`, `ioctl N`, `errno N`, `state VALID 3`, ... */
export function runGoldenProgram(): ReadonlyMap<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'vfio-golden-'));
  try {
    const source = join(folder, 'golden.c');
    const program = join(folder, 'golden');
    writeFileSync(source, goldenSource());
    execFileSync(compiler(), ['-std=gnu11', '-Wall', '-Werror', '-o', program, source], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
    });
    const lines = execFileSync(program, { encoding: 'utf8', timeout: 10_000 }).trim().split('\n');
    return new Map(
      lines.map((line) => {
        const [key = '', value = ''] = line.split('\t');
        return [key, value];
      }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function goldenSource(): string {
  const body: string[] = [];
  for (const name of new Set(ALL_LAYOUTS.map((layout) => layout.name))) {
    body.push(`  printf("size ${name}\\t%zu\\n", sizeof(struct ${name}));`);
  }
  const fields = ALL_LAYOUTS.flatMap((layout) =>
    Object.keys(layout.fields).map((field) => [layout.name, field] as const),
  );
  for (const key of new Set(fields.map(([structure, field]) => `${structure}.${field}`))) {
    const [structure, field] = key.split('.');
    const member = `((struct ${structure} *)0)->${field}`;
    body.push(`  printf("field ${key}\\t%zu %zu\\n", offsetof(struct ${structure}, ${field}), sizeof(${member}));`);
  }
  for (const [name, value] of ALL_CONSTANTS) {
    const print = typeof value === 'string' ? printText : printNumber;
    body.push(ifDefined(name, (actual) => print(`constant ${name}`, actual)));
  }
  for (const name of Object.keys(IOCTLS)) {
    body.push(ifDefined(name, (actual) => printNumber(`ioctl ${name}`, actual)));
  }
  for (const [name, value] of ERRNO_NAMES) {
    if (!isKernelInternalErrno(value)) {
      body.push(ifDefined(name, (actual) => printNumber(`errno ${name}`, actual)));
    }
  }
  for (const state of TRIED_STATES) {
    body.push(printNumber(`state VALID ${state}`, `!!VFIO_DEVICE_STATE_VALID(${state}u)`));
    body.push(printNumber(`state IS_ERROR ${state}`, `!!VFIO_DEVICE_STATE_IS_ERROR(${state}u)`));
    body.push(`#ifdef VFIO_DEVICE_STATE_V1_SAVING`);
    body.push(printNumber(`state SET_ERROR ${state}`, `(__u32)(VFIO_DEVICE_STATE_SET_ERROR(${state}u))`));
    body.push(`#else`);
    body.push(`  /* The text's macro says DEVICE_SATE and does not compile. */`);
    body.push(printNumber(`state SET_ERROR ${state}`, `(__u32)((${state}u & ~VFIO_DEVICE_STATE_MASK) | 6u)`));
    body.push(`#endif`);
  }
  return [
    '#include <errno.h>',
    '#include <stddef.h>',
    '#include <stdio.h>',
    '#include <linux/vfio.h>',
    '#include <linux/vfio_zdev.h>',
    '#include <linux/vfio_ccw.h>',
    'int main(void) {',
    ...body,
    '  return 0;',
    '}',
    '',
  ].join('\n');
}

/** The statement for the first of the header's names that is a macro; nothing for a name that no header of this machine has. */
function ifDefined(name: string, statement: (actual: string) => string): string {
  if (ENUMERATORS.has(name)) {
    return statement(name);
  }
  const candidates = HEADER_NAMES[name] ?? [name];
  const branches = candidates.map(
    (actual, n) => `${n === 0 ? '#if' : '#elif'} defined(${actual})\n${statement(actual)}`,
  );
  return `${branches.join('\n')}\n#endif`;
}

function printNumber(key: string, expression: string): string {
  return `  printf("${key}\\t%lld\\n", (long long)(${expression}));`;
}

function printText(key: string, expression: string): string {
  return `  printf("${key}\\t%s\\n", ${expression});`;
}
