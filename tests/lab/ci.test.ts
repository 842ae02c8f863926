import { judgeKitRun, judgeSelfCheck } from '../../lab/commands/ci';

describe("the kit's run on one device, as the lab judges it", () => {
  it.each([
    ['conformant and 0', 0, { verdict: 'conformant' }, 0],
    ['non-conformant and 1', 1, { verdict: 'non-conformant' }, 1],
    ['0 without any JSON', 0, undefined, 3],
    ['0 beside another verdict', 0, { verdict: 'incomplete' }, 3],
    ['0 with a JSON that is something else', 0, [], 3],
    ['a run that was never reached', undefined, undefined, 3],
    ['killed by a signal', 137, undefined, 137],
  ] as const)('%s', (_, code, json, expected) => {
    expect(judgeKitRun(code, json).code).toBe(expected);
  });
});

describe('the self-check, as the lab judges it', () => {
  const passed = { passed: true, node: 'v20.9.0', koffi: '3.3.4', checks: [{ check: 'a', held: true, seen: '1' }] };

  it('says with what it ran', () => {
    expect(judgeSelfCheck(0, passed)).toEqual({ code: 0, text: 'passed with Node v20.9.0 and koffi 3.3.4' });
  });

  it('names the checks that did not hold, and what was seen', () => {
    const json = {
      ...passed,
      passed: false,
      checks: [...passed.checks, { check: 'b', held: false, seen: '2' }],
      error: 'c',
    };
    expect(judgeSelfCheck(1, json)).toEqual({ code: 1, text: 'failed: b: 2; c' });
  });

  it.each([
    [0, undefined],
    [undefined, undefined],
    [0, { passed: false }],
  ] as const)('exit code %s beside %j is not a pass', (code, json) => {
    expect(judgeSelfCheck(code, json).code).toBe(3);
  });
});
