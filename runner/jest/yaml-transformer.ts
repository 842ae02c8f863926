/**
 * Jest's transformer for YAML test files. The code is the same for every file and every content, so Jest's transform cache can never
 * hold an old scenario: the file is read when the test file runs.
 */
import path from 'node:path';

const CODE = `require(${JSON.stringify(path.join(__dirname, 'runtime.js'))}).run(__filename);\n`;

export default {
  canInstrument: false,
  process: (): { code: string } => ({ code: CODE }),
  /** Everything that the code depends on. */
  getCacheKey: (): string => CODE,
};
