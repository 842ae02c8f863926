/** The version of this package. */
import fs from 'node:fs';
import path from 'node:path';

const PACKAGE_FILE = path.join(__dirname, '../../../package.json');
let known: string | undefined;

export function kitVersion(): string {
  known ??= (JSON.parse(fs.readFileSync(PACKAGE_FILE, 'utf8')) as { version: string }).version;
  return known;
}
