/** docs/dependencies.md lists what package.json has, package.json pins it, and the bill of materials can be made. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { PACKAGE_ROOT } from '../../runner/language';

interface Package {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly license?: string;
}

const read = (...parts: string[]): string => readFileSync(path.join(PACKAGE_ROOT, ...parts), 'utf8');
const own = JSON.parse(read('package.json')) as Package;
const all = { ...own.dependencies, ...own.devDependencies };
/** Package, why, licence, upkeep. */
const rows = [...read('docs', 'dependencies.md').matchAll(/^\| `([^`]+)` \| (.+?) \| (.+?) \| (.+?) \|$/gm)].map(
  (row) => row.slice(1),
);

test('each dependency has its row, and no row is left of one that has gone', () => {
  expect(rows.map(([name]) => name).sort()).toEqual(Object.keys(all).sort());
});

test.each(rows)('%s: %s', (name = '', why = '', licence, upkeep = '') => {
  expect(all[name]).toMatch(/^\d+\.\d+\.\d+$/);
  expect((JSON.parse(read('node_modules', name, 'package.json')) as Package).license).toBe(licence);
  expect([why.length > 4, upkeep.length > 4]).toEqual([true, true]);
});

test('npm run sbom gives a bill of materials with every dependency and its hash', () => {
  const words = ['run', '--silent', 'sbom'];
  const { status, stdout } = spawnSync('npm', words, {
    cwd: PACKAGE_ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  expect(status).toBe(0);
  const { bomFormat, components } = JSON.parse(stdout) as {
    bomFormat: string;
    components: readonly { name: string; version: string; hashes?: readonly unknown[] }[];
  };
  expect(bomFormat).toBe('CycloneDX');
  for (const [name, version] of Object.entries(all)) {
    const found = components.find((one) => one.name === name && one.version === version);
    expect([name, found?.hashes?.length]).toEqual([name, 1]);
  }
}, 60_000);
