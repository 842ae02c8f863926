import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  judgeCertificate,
  judgeKitRun,
  judgeSelfCheck,
  judgeVersion2,
  type KitPart,
  kitParts,
  partOutcomes,
  partsCommand,
} from '../../lab/commands/ci-parts';
import { sharesOf } from '../../lab/commands/ci-shares';

describe("the kit's run on one device, as the lab judges it", () => {
  it.each([
    ['conformant and 0', 0, { verdict: 'conformant' }, true],
    ['non-conformant and 1', 1, { verdict: 'non-conformant' }, false],
    ['0 without any JSON', 0, undefined, false],
    ['0 beside another verdict', 0, { verdict: 'incomplete' }, false],
    ['another code beside conformant', 3, { verdict: 'conformant' }, false],
    ['0 with a JSON that is something else', 0, [], false],
    ['a run that was never reached', undefined, undefined, false],
    ['killed by a signal', 137, undefined, false],
  ] as const)('%s', (_, code, json, good) => {
    expect(judgeKitRun(code, json).good).toBe(good);
  });

  it('says why a device is not conformant', () => {
    const json = { verdict: 'non-conformant', reasons: ['RES-APPLY is broken (driver)'] };
    expect(judgeKitRun(1, json).text).toBe('non-conformant, exit code 1: RES-APPLY is broken (driver)');
  });
});

describe('a device of version 2, as the lab judges it', () => {
  const named = { verdict: 'incomplete', reasons: ['x offers version 2 migration only (VFIO_DEVICE_FEATURE)'] };

  it.each([
    ['named so and not certified', 3, named, true],
    ['named so, and its claim broken', 1, { ...named, verdict: 'non-conformant' }, true],
    ['not named so', 3, { ...named, reasons: [] }, false],
    ['certified', 0, { ...named, verdict: 'conformant' }, false],
    ['a run that broke', 2, undefined, false],
    ['a run that was never reached', undefined, undefined, false],
  ] as const)('%s', (_, code, json, good) => {
    expect(judgeVersion2(code, json).good).toBe(good);
  });
});

describe('the self-check, as the lab judges it', () => {
  const passed = { passed: true, node: 'v20.9.0', koffi: '3.3.4', checks: [{ check: 'a', held: true, seen: '1' }] };

  it('says with what it ran', () => {
    expect(judgeSelfCheck(0, passed)).toEqual({ good: true, text: 'passed with Node v20.9.0 and koffi 3.3.4' });
  });

  it('says so where the program names no tools', () => {
    expect(judgeSelfCheck(0, { passed: true, checks: [] }).text).toBe('passed');
  });

  it('names the checks that did not hold, and what was seen', () => {
    const checks = [...passed.checks, { check: 'b', held: false, seen: '2' }];
    expect(judgeSelfCheck(1, { ...passed, passed: false, checks, error: 'c' })).toEqual({
      good: false,
      text: 'failed: b: 2; c',
    });
  });

  it.each([
    [0, undefined],
    [undefined, undefined],
    [0, { passed: false }],
  ] as const)('exit code %s beside %j is not a pass', (code, json) => {
    expect(judgeSelfCheck(code, json).good).toBe(false);
  });
});

describe('the certificate, as the lab judges it', () => {
  const named = {
    verdict: 'conformant',
    host: { kernelRelease: '6.12.95' },
    devices: [{ identity: { module: 'm', moduleVersion: '1.0' } }],
  };

  it('names kernel, driver and version', () => {
    expect(judgeCertificate(0, named)).toEqual({
      good: true,
      text: 'conformant, exit code 0, kernel 6.12.95, driver m 1.0',
    });
  });

  it.each([
    ['no kernel', 0, { ...named, host: null }],
    ['no driver', 0, { ...named, devices: [{ identity: { moduleVersion: '1.0' } }] }],
    ['no version', 0, { ...named, devices: [{ identity: { module: 'm' } }] }],
    ['no device', 0, { ...named, devices: [] }],
    ['another verdict', 3, { ...named, verdict: 'incomplete' }],
  ])('%s is not good', (_, code, json) => {
    expect(judgeCertificate(code, json).good).toBe(false);
  });
});

describe('how the work is shared', () => {
  it('gives both guests one matrix, and one of them the parts', () => {
    const [first, second] = sharesOf({ fault: undefined, noFaults: false, everyLayout: false }, 2);
    expect(first?.matrix).toEqual(second?.matrix);
    expect([first?.parts.length, second?.parts.length]).toEqual([kitParts.length, 0]);
    expect([first?.opinion?.trials.length, second?.opinion]).toEqual([4, undefined]);
    expect(first?.matrix.only).toBeUndefined();
  });

  it('is one guest on one processor, and no fault where none is wanted', () => {
    const shares = sharesOf({ fault: undefined, noFaults: true, everyLayout: false }, 1);
    expect(shares.map(({ name, matrix }) => [name, matrix.only])).toEqual([['guest', []]]);
  });

  it('is the certification alone with a fault switched on', () => {
    const shares = sharesOf({ fault: 'x', noFaults: false, everyLayout: false }, 2);
    expect(shares.map(({ parts, opinion, matrix }) => [parts.length, opinion, matrix.switchedOn])).toEqual([
      [0, undefined, 'x'],
      [0, undefined, 'x'],
    ]);
  });
});

describe('the parts of the CI form', () => {
  const parts: readonly KitPart[] = [
    { name: 'one', words: ['node', 'a b.js'], printsJson: true, judge: judgeKitRun },
    { name: 'two', prepare: 'make-it', words: ['node', 'c.js'], judge: judgeKitRun },
  ];

  it('run one after the other, each leaving its exit code', () => {
    expect(partsCommand(parts).split('\n')).toEqual([
      'echo "--- one"',
      "node 'a b.js' >/results/one.json; echo $? >/results/one.exit",
      'echo "--- two"',
      'make-it',
      'node c.js; echo $? >/results/two.exit',
    ]);
  });

  it('are judged by what they left, and one that left nothing has not passed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lab-parts-'));
    try {
      writeFileSync(join(folder, 'one.exit'), '0\n');
      writeFileSync(join(folder, 'one.json'), '{"verdict": "conformant"}');
      expect(partOutcomes(folder, parts)).toEqual([
        { name: 'one', good: true, text: 'conformant, exit code 0' },
        { name: 'two', good: false, text: 'did not run' },
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
