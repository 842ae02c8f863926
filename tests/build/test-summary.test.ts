import { addJest, type Counts, closingLine } from '../../build/test-summary';

const JEST = {
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numRuntimeErrorTestSuites: 0,
};

function counted(results: Partial<typeof JEST>, exitedWell = true): Counts {
  const counts = { passed: 2, failed: 0, skipped: 0 };
  addJest(counts, { ...JEST, ...results }, exitedWell);
  return counts;
}

describe('counting', () => {
  test('what passed, failed and was skipped', () => {
    expect(counted({ numPassedTests: 10, numFailedTests: 1, numPendingTests: 3, numTodoTests: 1 }, false)).toEqual({
      passed: 12,
      failed: 1,
      skipped: 4,
    });
  });

  test('a test file that ended before its first test is a failure', () => {
    expect(counted({ numPassedTests: 10, numRuntimeErrorTestSuites: 1 }, false).failed).toBe(1);
  });

  test('Jest that fails without a failing test is a failure', () => {
    expect(counted({ numPassedTests: 10 }, false).failed).toBe(1);
  });
});

describe('the closing line', () => {
  test.each([
    [{ passed: 3, failed: 0, skipped: 0 }, '3 passed, 0 failed'],
    [{ passed: 3, failed: 2, skipped: 1 }, '3 passed, 2 failed, 1 skipped'],
  ])('%j', (counts, line) => {
    expect(closingLine(counts, [])).toBe(line);
  });

  test('names what could not be run, by reason', () => {
    const notRun = [
      { what: 'sizes', why: 'no C compiler' },
      { what: 'offsets', why: 'no C compiler' },
      { what: 'numbers', why: 'no kernel headers' },
    ];
    expect(closingLine({ passed: 1, failed: 0, skipped: 3 }, notRun)).toBe(
      '1 passed, 0 failed, 3 skipped; could not run: sizes, offsets (no C compiler); numbers (no kernel headers)',
    );
  });
});
