/** The widths of LocalHost's loads and stores, counted by the processor: a trapping driver, or a register with side effects, sees each one. */
import { execFileSync } from 'node:child_process';
import { compiler, requirement } from '../../support/requirements';
import type { WidthReport } from '../support/child-access-width';
import { scratchFile, scratchPath, startChild } from '../support/scratch';
import { TRAP_PROGRAM } from '../support/trap-program';

const withCompiler = requirement('c-compiler');
/** Single-stepping is the processor's own; this is how x86-64 does it. */
const trapping = withCompiler.met && process.arch === 'x64';

let reports: readonly WidthReport[] = [];
beforeAll(async () => {
  if (trapping) {
    const source = scratchFile('trap.c', TRAP_PROGRAM);
    const library = scratchPath('trap.so');
    execFileSync(compiler(), ['-shared', '-fPIC', '-O1', '-o', library, source]);
    const { code, signal, message, errors } = await startChild('child-access-width', [library]).ended;
    expect({ code, signal, errors }).toEqual({ code: 0, signal: null, errors: '' });
    reports = message as WidthReport[];
  }
}, 60_000);

const of = (call: string): readonly WidthReport[] => reports.filter((report) => report.call === call);
const check = (name: string, run: () => void): void => {
  if (process.arch === 'x64') {
    withCompiler.test(name, run);
  } else {
    test.skip(`${name} (counted on x86-64 only)`, run);
  }
};

check('access width: a load is one plain load, whether or not its value is used', () => {
  expect(of('load')).toHaveLength(12);
  for (const { width, warmUps, accesses } of of('load')) {
    expect({ width, warmUps, accesses }).toEqual({ width, warmUps, accesses: [{ offset: 64, kind: 'read', width }] });
  }
});

check('access width: a store is one plain store', () => {
  expect(of('store')).toHaveLength(12);
  for (const { width, warmUps, accesses } of of('store')) {
    expect({ width, warmUps, accesses }).toEqual({ width, warmUps, accesses: [{ offset: 64, kind: 'write', width }] });
  }
});

check('access width: two accesses are two', () => {
  for (const { call, width, warmUps, accesses } of [...of('store twice'), ...of('load twice')]) {
    const one = { offset: 64, kind: call === 'load twice' ? 'read' : 'write', width };
    expect({ call, width, warmUps, accesses }).toEqual({ call, width, warmUps, accesses: [one, one] });
  }
});

check('access width: what is no single plain access is told from one', () => {
  const [view] = of('DataView');
  expect(view?.accesses).toEqual([64, 65, 66, 67].map((offset) => ({ offset, kind: 'read', width: 1 })));
  const [exchange] = of('exchange');
  expect(exchange?.accesses.map(({ width }) => width)).not.toEqual([4]);
});
