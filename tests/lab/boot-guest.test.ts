/** The boot against a stand-in for QEMU: a shell script that plays the guest's console, so that every way a boot can go wrong is met. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BootLimits, bootGuest, type GuestOutcome } from '../../lab/boot/boot-guest';
import { labDevice } from '../../lab/devices';
import type { LabKernel } from '../../lab/kernel/lab-kernel';
import { silent } from '../../lab/progress';

const home = mkdtempSync(join(tmpdir(), 'lab-boot-'));
const oldPath = process.env.PATH;

const prologue = `#!/bin/sh
for word; do case $word in local,path=*mount_tag=results,*) results=\${word#local,path=}; results=\${results%%,*};; esac; done
count=$(cat "$results/boots" 2>/dev/null || echo 0); count=$((count + 1)); echo $count >"$results/boots"
echo "$@" >"$results/arguments"; echo "boot $count" >"$results/serial.log"
say() { printf '%s\\r\\n' "$1"; }
`;

/** A guest that runs its command and powers off. */
const good = `say 'LAB: init 6.12.95+deb12-amd64'
say 'LAB: ready'; say 'hello'
echo 0 >"$results/tainted-before"; echo 0 >"$results/tainted"; echo '[ 1.0] fine' >"$results/dmesg.txt"
echo 5 >"$results/lab-exit-code"; say 'LAB: exit 5'; say 'LAB: power off'
`;

const kernel: LabKernel = {
  series: '6.12',
  release: '6.12.95+deb12-amd64',
  suite: 'none',
  root: home,
  image: '/vmlinuz',
  modules: home,
  headers: home,
  selection: {
    release: '6.12.95+deb12-amd64',
    version: '6.12.95-1',
    image: { name: 'i', version: '1' },
    headers: { name: 'h', version: '1' },
    commonHeaders: { name: 'c', version: '1' },
    kbuild: { name: 'k', version: '1' },
    compiler: 'gcc-12',
  },
};

let folder = '';
let runs = 0;
const output: string[] = [];

const generous: BootLimits = { init: 5, ready: 5, powerOff: 5 };

async function boot(script: string, timeoutSeconds = 5, limits: BootLimits = generous): Promise<GuestOutcome> {
  const program = join(home, 'bin', 'qemu-system-x86_64');
  writeFileSync(program, prologue + script);
  chmodSync(program, 0o755);
  runs += 1;
  folder = join(home, `run-${runs}`);
  output.length = 0;
  return await bootGuest(
    {
      kernel,
      initramfs: '/initramfs',
      devices: [labDevice('edu')],
      kit: '/the, kit',
      folder,
      command: 'echo hello',
      timeoutSeconds,
      onOutput: (line) => output.push(line),
    },
    silent,
    limits,
  );
}

const boots = (): number => Number.parseInt(readFileSync(join(folder, 'boots'), 'utf8'), 10);

beforeAll(() => {
  mkdirSync(join(home, 'bin'));
  process.env.PATH = `${join(home, 'bin')}:${oldPath}`;
});

afterAll(() => {
  process.env.PATH = oldPath;
  rmSync(home, { recursive: true, force: true });
});

describe('a boot of the guest', () => {
  it("brings back the command's exit code, output and the kernel's log", async () => {
    const outcome = await boot(good);
    expect(outcome).toMatchObject({
      exitCode: 5,
      trouble: undefined,
      attempts: 1,
      kernelFindings: [],
      release: '6.12.95+deb12-amd64',
    });
    expect(output).toEqual(['hello']);
    expect(readFileSync(join(folder, 'lab-command'), 'utf8')).toBe('echo hello\n');
    expect(readFileSync(join(folder, 'lab-bind'), 'utf8')).toBe('0000:00:10.0\n');
  });

  it('is given the devices, a read-only kit and a writable results folder', async () => {
    await boot(good);
    const words = readFileSync(join(folder, 'arguments'), 'utf8');
    expect(words).toContain('-device edu,addr=0x10');
    expect(words).toMatch(/local,path=\/the,, kit,mount_tag=kit,\S*readonly=on/);
    expect(words).toContain(`local,path=${folder},mount_tag=results`);
    expect(words).toContain('no_timer_check');
    expect(words).not.toContain('kvm');
  });

  it('is tried again when init never shows, and the failed attempts stay on record', async () => {
    const outcome = await boot(`if [ $count -lt 3 ]; then say 'SeaBIOS'; exit 0; fi\n${good}`);
    expect(outcome).toMatchObject({ exitCode: 5, attempts: 3 });
    expect(boots()).toBe(3);
    const logs = ['serial.log.1', 'serial.log.2', 'serial.log'].map((name) => readFileSync(join(folder, name), 'utf8'));
    expect(logs).toEqual(['boot 1\n', 'boot 2\n', 'boot 3\n']);
  });

  it('is killed and tried again when it hangs before init, three times and no more', async () => {
    const outcome = await boot('sleep 100', 5, { ...generous, init: 0.3 });
    expect(outcome).toMatchObject({ exitCode: undefined, attempts: 3, trouble: 'the boot did not end within 0.3 s' });
    expect(boots()).toBe(3);
  });

  it('is not repeated once the command may have run', async () => {
    const outcome = await boot("say 'LAB: init 6.12.95+deb12-amd64'; say 'LAB: ready'; exit 0");
    expect(outcome).toMatchObject({
      exitCode: undefined,
      attempts: 1,
      trouble: 'the guest went off before the command ended',
    });
    expect(boots()).toBe(1);
  });

  it('is killed, with everything it started, when the command takes too long', async () => {
    const outcome = await boot(
      `say 'LAB: init 6.12.95+deb12-amd64'; say 'LAB: ready'; sleep 77 & echo $! >"$results/child"; wait`,
      1,
    );
    expect(outcome.trouble).toBe('the command did not end within 1 s');
    const child = readFileSync(join(folder, 'child'), 'utf8').trim();
    const state = existsSync(`/proc/${child}/stat`)
      ? readFileSync(`/proc/${child}/stat`, 'utf8').split(') ')[1]?.[0]
      : 'gone';
    // Z: dead, and not yet collected by the machine's first process.
    expect(['gone', 'Z', 'X']).toContain(state);
  });

  it('is killed when it does not go off, and what the command answered still counts', async () => {
    const outcome = await boot(`${good}sleep 100`, 5, { ...generous, powerOff: 0.3 });
    expect(outcome).toMatchObject({ exitCode: 5, trouble: undefined });
    expect(outcome.seconds.total).toBeLessThan(5);
  });

  it('says why the guest could not be set up', async () => {
    const outcome = await boot(
      "say 'LAB: init 6.12.95+deb12-amd64'; say 'LAB: failed: insmod vfio.ko'; say 'LAB: power off'",
    );
    expect(outcome.trouble).toBe('the guest could not be set up: insmod vfio.ko');
  });

  it("gives QEMU's own complaint", async () => {
    const outcome = await boot("echo 'qemu-system-x86_64: -device edu: no such thing' >&2; exit 1");
    expect(outcome.trouble).toBe('QEMU ended with exit code 1: qemu-system-x86_64: -device edu: no such thing');
  });

  it('finds an oops in the kernel log, and new taints', async () => {
    const bad = good
      .replace("'[ 1.0] fine'", "'[    1.000000] BUG: kernel NULL pointer dereference, address: 0000000000000000'")
      .replace('echo 0 >"$results/tainted"', 'echo 128 >"$results/tainted"');
    const { kernelFindings } = await boot(bad);
    expect(kernelFindings.map(({ kind }) => kind)).toEqual(['oops', 'taint']);
  });

  it('finds a panic on the console when the guest could write no log', async () => {
    const outcome = await boot(
      `say 'LAB: init 6.12.95+deb12-amd64'; say 'LAB: ready'; say '[    3.1] Kernel panic - not syncing: asked' | tee "$results/serial.log"`,
    );
    expect(outcome.trouble).toBe(
      'the guest went off before the command ended ([    3.1] Kernel panic - not syncing: asked)',
    );
    expect(outcome.kernelFindings.map(({ kind }) => kind)).toEqual(['panic']);
  });
});
