/** What a YAML test file turns into: Jest blocks and tests. It runs in Jest's sandbox, so it imports nothing at run time. */
import type { Bridge, TestGroup } from './bridge';

/** Defines the tests of one suite or scenario file; called by the code that the transformer puts in the file's place. */
export function run(file: string): void {
  // The name is repeated from bridge.ts: importing it would cost every sandbox one more file to read.
  const bridge = (globalThis as { vfioConformance?: Bridge }).vfioConformance;
  if (!bridge) {
    throw new Error(
      `${file} is a vfio-conformance suite, and this Jest project has no environment for it. Say preset: 'vfio-conformance' in its configuration.`,
    );
  }
  const tests = bridge.define(file);
  describe(tests.title, () => {
    for (const group of tests.groups) {
      if (group.title === undefined) defineTests(group, bridge);
      else describe(group.title, () => defineTests(group, bridge));
    }
    if (tests.nothingTaken !== undefined) test.skip(tests.nothingTaken, () => undefined);
  });
}

function defineTests(group: TestGroup, bridge: Bridge): void {
  for (const { title, key, timeoutMs } of group.tests) {
    test(
      title,
      async () => {
        const failure = await bridge.run(key);
        if (!failure) return;
        const error = new Error(failure.message);
        error.stack = [`Error: ${failure.message}`, ...failure.frames].join('\n');
        throw error;
      },
      timeoutMs,
    );
  }
}
