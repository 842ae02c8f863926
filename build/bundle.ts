/**
 * `npm run bundle`: one tarball with the kit and everything that it needs at run time, for machines without a registry:
 * `npm install -g --offline vfio-conformance-VERSION-linux-x64.tgz`. What is bundled is what is installed here, by the lock file; native
 * parts are those of this machine's kind.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  [member: string]: unknown;
}

/** Makes the tarball in `folder` and resolves its path. Throws an Error for people. */
export function bundle(folder: string): string {
  const manifest = readManifest(path.join(ROOT, 'package.json'));
  const name = `${manifest.name}-${manifest.version}-${process.platform}-${process.arch}.tgz`;
  const stage = fs.mkdtempSync(path.join(os.tmpdir(), 'vfio-conformance-bundle-'));
  try {
    const packed = run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', stage], ROOT).trim();
    run('tar', ['-xzf', path.join(stage, packed.split('\n').at(-1) ?? packed)], stage);
    const home = path.join(stage, 'package');
    const modules = copyModules(home);
    writeManifest(path.join(home, 'package.json'), manifest, modules);
    fs.mkdirSync(folder, { recursive: true });
    const file = path.join(path.resolve(folder), name);
    // The same content gives the same bytes, whoever makes it and when.
    const same = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=2020-01-01T00:00:00Z'];
    run('tar', [...same, '-I', 'gzip -n', '-cf', file, 'package'], stage);
    return file;
  } finally {
    fs.rmSync(stage, { recursive: true, force: true });
  }
}

/** Copies what the kit needs at run time; returns the names at the top. */
function copyModules(home: string): readonly string[] {
  const listed = run('npm', ['ls', '--omit=dev', '--all', '--parseable'], ROOT).split('\n');
  const folders = listed.filter((line) => line.startsWith(`${ROOT}${path.sep}node_modules${path.sep}`));
  if (folders.length === 0) throw new Error('no packages are installed here: run `npm ci` first');
  const top = new Set<string>();
  for (const folder of folders) {
    const relative = path.relative(ROOT, folder);
    // Packages within packages are listed by themselves.
    const nested = path.join(folder, 'node_modules');
    fs.cpSync(folder, path.join(home, relative), {
      recursive: true,
      filter: (source) => source !== nested && !source.startsWith(`${nested}${path.sep}`),
    });
    const [, first = '', second = ''] = relative.split(path.sep);
    top.add(first.startsWith('@') ? `${first}/${second}` : first);
  }
  return [...top].sort();
}

/** Bundled packages are not asked for anywhere, and nothing is built or fetched when it is installed. */
function writeManifest(file: string, manifest: Manifest, modules: readonly string[]): void {
  const { devDependencies: _tools, scripts: _scripts, overrides: _overrides, ...kept } = manifest;
  const versions = Object.fromEntries(
    modules.map((name) => [
      name,
      readManifest(path.join(path.dirname(file), 'node_modules', name, 'package.json')).version,
    ]),
  );
  const bundled = { ...kept, dependencies: { ...versions, ...manifest.dependencies }, bundleDependencies: modules };
  fs.writeFileSync(file, `${JSON.stringify(bundled, null, 2)}\n`);
}

function readManifest(file: string): Manifest {
  return JSON.parse(fs.readFileSync(file, 'utf8')) as Manifest;
}

function run(command: string, words: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, words, { cwd, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (error) throw new Error(`${command} cannot be started: ${error.message}`);
  if (status !== 0)
    throw new Error(`${command} ${words[0] ?? ''} failed: ${stderr.trim().split('\n').slice(-5).join('\n')}`);
  return stdout;
}

if (require.main === module) {
  try {
    const file = bundle(process.argv[2] ?? '.');
    const size = (fs.statSync(file).size / 1024 ** 2).toFixed(1);
    console.log(`${path.relative(process.cwd(), file)}: ${size} MiB`);
    console.log(`Install it with: npm install -g --offline ${path.basename(file)}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
