/** Every command of the task-named pages is run as it stands there, page by page, each page in a folder of its own. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BIN, PACKAGE, removeWorkFolders, workFolder } from '../commands/support/cli';
import { blocksOf } from './markdown-commands';

afterAll(removeWorkFolders);

const PAGES = [
  'certify-a-device',
  'write-a-scenario',
  'profile',
  'read-a-report',
  'nightly',
  'record-and-replay',
  'real-hardware',
  'add-a-verb',
];

/** What only the reader's machine can do: listed, so that nothing gets there unnoticed. */
const YOUR_MACHINE: Readonly<Record<string, readonly string[]>> = {
  'certify-a-device': ['vfio-conformance devices', 'vfio-conformance inspect', 'vfio-conformance run'],
  'write-a-scenario': ['npm ci', 'vfio-conformance run'],
  profile: ['vfio-conformance run'],
  'read-a-report': [],
  nightly: [
    'vfio-conformance run',
    'vfio-conformance run',
    'vfio-conformance compare',
    'systemctl daemon-reload',
    'npm run',
    'npm install',
  ],
  'record-and-replay': ['npm run'],
  'real-hardware': [
    'vfio-conformance devices',
    'modprobe vfio-pci',
    'vfio-conformance run',
    'echo $(uuidgen)',
    'chown $USER',
    'vfio-conformance inspect',
    'vfio-conformance lint',
    'vfio-conformance run',
  ],
  'add-a-verb': ['npm run'],
};

function textOf(page: string): string {
  return readFileSync(path.join(PACKAGE, 'docs', `${page}.md`), 'utf8');
}

/** `vfio-conformance` as the reader has it. */
function environment(folder: string): NodeJS.ProcessEnv {
  const bin = path.join(folder, '.bin');
  mkdirSync(bin);
  const script = path.join(bin, 'vfio-conformance');
  writeFileSync(script, `#!/bin/sh\nexec '${process.execPath}' '${BIN}' "$@"\n`);
  chmodSync(script, 0o755);
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(CI|FORCE_COLOR|JEST_.*|NODE_OPTIONS|NODE_ENV|VFIO_.*)$/.test(name),
  );
  return { ...Object.fromEntries(kept), PATH: `${bin}:${process.env.PATH ?? ''}`, NO_COLOR: '1' };
}

test.each(PAGES)('docs/%s.md does as it says', (page) => {
  const folder = workFolder();
  const env = environment(folder);
  let last = '';
  const wrong: string[] = [];
  for (const block of blocksOf(textOf(page))) {
    if (block.kind === 'file') writeFileSync(path.join(folder, block.name), `${block.text}\n`);
    else if (block.kind === 'command') {
      const done = spawnSync('/bin/sh', ['-e', '-c', block.text], {
        cwd: folder,
        env,
        encoding: 'utf8',
        timeout: 90_000,
      });
      last = `${done.stdout}${done.stderr}`;
      if (done.status !== block.exit)
        wrong.push(`line ${block.line}: exit ${done.status}, not ${block.exit}\n${block.text}\n${last}`);
    } else if (block.kind === 'output')
      for (const line of block.text.split('\n'))
        if (!last.includes(line)) wrong.push(`line ${block.line}: "${line}" is not printed\n${last}`);
  }
  expect(wrong).toEqual([]);
}, 240_000);

test.each(PAGES)("what of docs/%s.md needs a machine of the reader's is known", (page) => {
  const first = blocksOf(textOf(page)).flatMap((block) =>
    block.kind === 'your-machine' ? [block.text.split(/\s+/).slice(0, 2).join(' ')] : [],
  );
  expect(first).toEqual(YOUR_MACHINE[page]);
});

test.each(PAGES)('no command of docs/%s.md hides in an indented block, and its links lead somewhere', (page) => {
  const text = textOf(page);
  expect(text.match(/^ {4}(vfio-conformance|npm|npx) .*/gm) ?? []).toEqual([]);
  const links = [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, link = '']) => link);
  expect(links.filter((link) => !/^https?:/.test(link) && !existsSync(path.join(PACKAGE, 'docs', link)))).toEqual([]);
});

test('a block that nobody would run is refused', () => {
  expect(() => blocksOf('```bash\nvfio-conformance devices\n```\n')).toThrow('line 1: a block marked "bash"');
});
