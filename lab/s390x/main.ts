/**
 * `npm run lab:s390x`: a big-endian kernel with a real zPCI device in QEMU, tested from this machine through the agent. Exit code 0 when the
 * suites are conformant, the zPCI clauses were kept by bytes of that kernel, and the kernel complained of nothing.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun, runCommand } from '../child';
import { LabFailure } from '../failure';
import { scanKernelLog } from '../kernel-log';
import { takeLock } from '../lock';
import { type LabPaths, labPaths } from '../paths';
import { type Progress, startProgress } from '../progress';
import { requirePackages } from '../requirements';
import { newRunFolder } from '../session';
import { bootGuest, buildInitramfs, DEVICES, socketIn } from './guest';
import { judgeInspection, judgeRun } from './judge';
import { obtainS390Kernel } from './kernel';

const PACKAGES = [
  ...['qemu-system-misc', 'kmod', 'xz-utils', 'make'],
  ...['gcc-s390x-linux-gnu', 'libc6-dev-s390x-cross'],
] as const;
/** The second is certify-dirty-pages without what this emulated device cannot do; the file says why. */
const SUITES = ['certify-zpci', 'lab/s390x/dirty-pages.yaml'] as const;
/** One command of the kit: the suites take half a minute. */
const COMMAND_MS = 300_000;

async function main(): Promise<number> {
  const progress = startProgress();
  const paths = labPaths();
  const cache = join(paths.cache, 's390x');
  const lock = await takeLock(cache, 'lab:s390x', process.argv.includes('--wait'));
  const temporary = mkdtempSync(join(tmpdir(), 'vfio-lab-'));
  try {
    await requirePackages(PACKAGES, progress);
    const kernel = await obtainS390Kernel(cache, progress);
    progress.step(`kernel ${kernel.release} (${kernel.version}, ${kernel.suite})`);
    const agent = await buildAgent(paths);
    const initramfs = join(temporary, 'initramfs.cpio');
    await buildInitramfs(initramfs, kernel, { init: join(paths.root, 'lab/s390x/init.sh'), agent });
    const folder = newRunFolder(paths, 's390x');
    const serialLog = join(folder, 'serial.log');
    progress.step(`booting ${kernel.release} with a zPCI device`);
    const guest = await bootGuest({ kernel, initramfs, socket: socketIn(temporary), serialLog });
    progress.step(`${guest.release} is ready`);
    let code: number;
    try {
      code = await testDevice(paths, progress, folder, `unix:${socketIn(temporary)}`);
    } finally {
      guest.stop();
    }
    code = Math.max(code, complaintsOf(serialLog, progress));
    progress.detail(`log and results: ${folder}`);
    progress.step(`done, exit code ${code}, ${progress.seconds().toFixed(1)} s in total`);
    return code;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
    lock.release();
  }
}

async function buildAgent(paths: LabPaths): Promise<string> {
  const out = join(paths.root, 'dist/agent/s390x');
  await mustRun('make', ['--silent', '-C', join(paths.root, 'agent'), 'CC=s390x-linux-gnu-gcc', `OUT=${out}`]);
  return join(out, 'vfio-conformance-agent');
}

async function testDevice(paths: LabPaths, progress: Progress, folder: string, host: string): Promise<number> {
  const kit = join(paths.root, 'bin/vfio-conformance.js');
  if (!existsSync(join(paths.root, 'dist/runner/commands/main.js')))
    throw new LabFailure('the kit is not built', 'Run: npm ci');
  const call = (...words: readonly string[]): ReturnType<typeof runCommand> =>
    runCommand(process.execPath, [kit, ...words, '--host', host], { timeoutMs: COMMAND_MS });
  const [device, destination] = DEVICES;
  const inspected = await call('inspect', device, '--json');
  writeFileSync(join(folder, 'inspect.json'), inspected.stdout);
  const look = judgeInspection(inspected.code, inspected.stdout);
  for (const line of look.lines) progress.detail(line);
  if (look.code !== 0) {
    progress.detail(inspected.stderr.trim());
    return look.code;
  }
  progress.step(`running ${SUITES.join(', ')} on ${device}`);
  const json = join(folder, 'run.json');
  const profile = join(paths.root, 'lab/s390x/virtio-rng.yaml');
  const run = await call(
    ...['run', ...SUITES, '--device', device, '--destination', destination, '--profile', profile],
    ...['--json', json, '--out', join(folder, 'run'), '--report'],
  );
  writeFileSync(join(folder, 'run.log'), `${run.stdout}${run.stderr}`);
  process.stdout.write(run.stdout);
  process.stderr.write(run.stderr);
  const judged = judgeRun(run.code, existsSync(json) ? readFileSync(json, 'utf8') : '');
  for (const line of judged.lines) progress.detail(line);
  return judged.code;
}

/** What the kernel said on its console: an oops or a warning is a failure whatever the suites found. */
function complaintsOf(serialLog: string, progress: Progress): number {
  const findings = scanKernelLog(readFileSync(serialLog, 'utf8'));
  for (const finding of findings) {
    progress.detail(`the kernel complained (${finding.kind}):`);
    for (const line of finding.quote) progress.detail(`  ${line}`);
  }
  const ended = /LAB: agent ended with .*/.exec(readFileSync(serialLog, 'utf8'))?.[0];
  if (ended !== undefined) progress.detail(ended);
  return findings.length > 0 || ended !== undefined ? 1 : 0;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const failure = error instanceof LabFailure ? error : undefined;
    const text = error instanceof Error ? (failure ? error.message : (error.stack ?? error.message)) : String(error);
    process.stderr.write(`lab: ${text}\n${failure?.advice ? `${failure.advice}\n` : ''}`);
    process.exit(failure?.exitCode ?? 3);
  },
);
