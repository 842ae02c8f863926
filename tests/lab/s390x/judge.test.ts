/** What the s390x lab takes for proof: an exit code of 0 is not enough. */
import { ABSENT, judgeInspection, judgeRun, KEPT } from '../../../lab/s390x/judge';

const capability = (id: number) => ({ id, version: 1, offset: 24 * id, decoded: [`number ${id}`] });
const report = (host: object, ids: readonly number[]) =>
  JSON.stringify({ host, info: { capabilities: ids.map(capability) } });
const S390X = { architecture: 's390x', byteOrder: 'big' };

describe('judgeInspection', () => {
  test('tells the chain decoded', () => {
    expect(judgeInspection(0, report(S390X, [1, 2, 4]))).toEqual({
      code: 0,
      lines: [1, 2, 4].map((id) => `capability ${id} version 1 at ${24 * id}: number ${id}`),
    });
  });

  test.each([
    ['a capability is missing', 0, report(S390X, [1, 4]), 'capability 2 is not in the chain'],
    [
      'another machine',
      0,
      report({ architecture: 'x86_64', byteOrder: 'little' }, [1, 2, 4]),
      'the host is x86_64, little-endian',
    ],
    ['an exit code', 3, report(S390X, [1, 2, 4]), 'inspect ended with exit code 3'],
    ['no JSON', 0, '', 'the host is undefined, undefined-endian'],
  ])('%s is broken', (_, code, json, line) => {
    const judged = judgeInspection(code, json);
    expect(judged.code).toBe(3);
    expect(judged.lines).toContain(line);
  });
});

describe('judgeRun', () => {
  const record = (verdict: string, changed: Readonly<Record<string, string>> = {}) => {
    const clauses = [
      ...KEPT.map((id) => ({ id, verdict: 'kept' })),
      { id: ABSENT, verdict: 'not-applicable', reason: 'none' },
    ];
    return JSON.stringify({
      verdict,
      clauses: clauses.map((one) => ({ ...one, verdict: changed[one.id] ?? one.verdict })),
    });
  };

  test('conformant, with every clause of zPCI where it belongs', () => {
    const { code, lines } = judgeRun(0, record('conformant'));
    expect(code).toBe(0);
    expect(lines).toEqual([
      expect.stringMatching(/^conformant: 6 clauses kept, among them ZPCI-PRESENT/),
      'ZPCI-UTIL: not-applicable, none',
    ]);
  });

  test.each([
    [
      'a zPCI clause was not judged',
      0,
      record('conformant', { 'ZPCI-BASE': 'not-judged' }),
      3,
      'ZPCI-BASE is not-judged, not kept',
    ],
    ['UTIL is suddenly there', 0, record('conformant', { 'ZPCI-UTIL': 'kept' }), 3, 'ZPCI-UTIL is kept'],
    ['the verdict does not fit the exit code', 0, record('incomplete'), 3, 'the verdict is incomplete'],
    ['non-conformant', 1, record('non-conformant'), 1, 'the verdict is non-conformant'],
    ['killed', 137, '', 3, 'the verdict is undefined'],
  ])('%s', (_, exit, json, code, line) => {
    const judged = judgeRun(exit, json);
    expect(judged.code).toBe(code);
    expect(judged.lines).toContain(line);
  });
});
