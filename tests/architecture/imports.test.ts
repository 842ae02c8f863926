/** Imports point one way, and oracles see only what crosses the port. */
import fs from 'node:fs';
import path from 'node:path';
import { PACKAGE_ROOT } from '../../runner/language';

const RUNNER = path.join(PACKAGE_ROOT, 'runner');

/** What each folder of runner/ may import, beside itself, Node and packages. Types of language/ are everybody's words. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  abi: [],
  host: ['abi'],
  'host/reference': ['abi', 'host', 'reference'],
  reference: ['abi', 'host'],
  vfio: ['abi', 'host', 'reference'],
  language: [],
  oracles: ['abi', 'host', 'language'],
  steps: ['abi', 'host', 'vfio', 'language', 'oracles'],
  execution: ['abi', 'host', 'host/reference', 'vfio', 'language', 'oracles', 'steps', 'reference'],
  jest: ['abi', 'execution', 'language', 'steps'],
  commands: ['abi', 'host', 'host/reference', 'vfio', 'language', 'oracles', 'steps', 'execution', 'jest', 'reference'],
};

interface Import {
  readonly from: string;
  readonly to: string;
}

function files(folder: string): string[] {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) return files(full);
    return entry.name.endsWith('.ts') ? [full] : [];
  });
}

/** Relative imports of one file, type imports and lazy requires included. */
function importsOf(file: string): Import[] {
  const text = fs.readFileSync(file, 'utf8');
  const found = text.matchAll(/(?:from\s+|import\(|require\(|import\s+)'(\.[^']*)'/g);
  return [...found].map((match) => ({
    from: path.relative(RUNNER, file),
    to: path.relative(RUNNER, path.resolve(path.dirname(file), match[1] ?? '')),
  }));
}

function layer(file: string): string {
  const [first = '', second] = file.split(path.sep);
  return first === 'host' && second === 'reference' ? 'host/reference' : first;
}

const ALL = files(RUNNER).flatMap(importsOf);

test('there are imports to look at', () => {
  expect(ALL.length).toBeGreaterThan(300);
});

test('every folder is known', () => {
  const folders = fs.readdirSync(RUNNER, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map((entry) => entry.name).sort()).toEqual(
    Object.keys(ALLOWED)
      .filter((name) => !name.includes('/'))
      .sort(),
  );
});

test('imports point one way', () => {
  const wrong = ALL.filter(({ from, to }) => {
    const [here, there] = [layer(from), layer(to)];
    return !to.startsWith('..') && here !== there && !(ALLOWED[here] ?? []).includes(there);
  });
  expect(wrong).toEqual([]);
});

test('oracles take types alone of the host, and nothing that could ask a device', () => {
  const wrong = files(path.join(RUNNER, 'oracles')).flatMap((file) => {
    const text = fs.readFileSync(file, 'utf8');
    return [...text.matchAll(/import\s+(type\s+)?\{([^}]*)\}\s+from\s+'(\.\.\/host\/[^']*)'/g)]
      .filter(([, typeOnly, names = '']) => {
        // The two errors by which the port says that nobody answered are values; everything else must be a type.
        const values = names
          .split(',')
          .map((name) => name.trim())
          .filter((name) => name !== '' && !name.startsWith('type '));
        return typeOnly === undefined && values.some((name) => name !== 'DeviceHang' && name !== 'MemoryFault');
      })
      .map(([whole]) => `${path.basename(file)}: ${whole}`);
  });
  expect(wrong).toEqual([]);
});

test('no scenario, step or oracle knows which host it is on', () => {
  const wrong = ALL.filter(
    ({ from, to }) => /^(steps|oracles)\b/.test(from) && /^(host\/local|host\/reference|reference)\b/.test(to),
  );
  expect(wrong).toEqual([]);
});
