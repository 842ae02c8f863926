/** `run --bind` and `run --plan`, on a made-up machine and by the command line. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { Bindings } from '../../runner/commands/running/bindings';
import { planText } from '../../runner/commands/running/plan-text';
import { CannotRun } from '../../runner/commands/support/exit';
import { BindingJournal } from '../../runner/host/binding/journal';
import { DEVICE, FakeSystem, SYSFS } from '../host/binding/fake-system';
import { planFor } from '../support/plans';
import { cli, removeWorkFolders, workFolder } from './support/cli';

let system: FakeSystem;
let journal: BindingJournal;
let told = '';
beforeEach(() => {
  system = new FakeSystem();
  journal = new BindingJournal(path.join(system.folder, 'journal'));
  told = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += String(text);
    return true;
  });
});
afterEach(() => {
  jest.restoreAllMocks();
  system.remove();
});
afterAll(removeWorkFolders);

const RUN = { ...planFor(DEVICE), folder: '/nobody-works-here' };

test('the named device is bound for the run, and given back', () => {
  const bindings = new Bindings(system, journal);
  bindings.bind(RUN);
  expect(system.driver()).toBe('vfio-pci');
  bindings.release();
  expect([system.driver(), journal.entries()]).toEqual(['e1000e', []]);
  expect(told).toBe(`${DEVICE}: bound to vfio-pci; e1000e had it\n${DEVICE}: given back to e1000e\n`);
});

test('what a killed run had bound, the next run gives back', async () => {
  new Bindings(system, journal).bind(RUN);
  // The first one is gone without a release.
  await new Bindings(system, journal).recover();
  expect([system.driver(), journal.entries()]).toEqual(['e1000e', []]);
  expect(told).toMatch(/an earlier run was killed before it gave the device back to e1000e$/m);
});

test('a run gives back its own devices and nobody else’s', () => {
  new Bindings(system, journal).bind(RUN);
  new Bindings(system, journal).release();
  expect(system.driver()).toBe('vfio-pci');
});

test('when the second of two devices is refused, nothing of the first is changed', () => {
  system.device('0000:00:05.0', '8', 'e1000e');
  system.file('/sys/bus/pci/devices/0000:00:05.0/boot_vga', '1\n');
  const two = { ...RUN, devices: [{ device: DEVICE, destination: '00:05.0', host: 'local' }] };
  expect(() => new Bindings(system, journal).bind(two)).toThrow(CannotRun);
  expect([system.written, journal.entries()]).toEqual([[], []]);
});

test('a device of another machine is not bound from here', () => {
  const far = { ...RUN, devices: [{ device: DEVICE, host: 'ssh:far' }] };
  expect(() => new Bindings(system, journal).bind(far)).toThrow(/on this machine, and not on ssh:far/);
});

test('the plan says what would be bound, opened, reset and written, and writes nothing', () => {
  const text = planText(RUN, [], { bind: true, outputs: [] }, system);
  expect(text).toContain(
    `${DEVICE}, driver e1000e, IOMMU group 7\n  opened: /dev/vfio/vfio, /dev/vfio/7, ${DEVICE} of it`,
  );
  expect(text).toContain(
    `    vfio-pci > ${SYSFS}/driver_override\n    ${DEVICE} > /sys/bus/pci/drivers/e1000e/unbind\n`,
  );
  expect(text).toContain('afterwards given back to e1000e');
  expect(text).toContain('VFIO_DEVICE_RESET');
  expect(system.written).toEqual([]);
});

test('the plan says what would be refused, and why', () => {
  system.device('0000:00:05.0', '7', 'ahci');
  system.file(`${SYSFS}/boot_vga`, '1\n');
  const without = planText(RUN, [], { bind: false, outputs: [] }, system);
  expect(without).toContain('no VFIO driver has it: the run would end with exit code 3');
  expect(without).toContain('in use by this machine: it is the graphics card');
  expect(without).toContain('refused: the group also holds 0000:00:05.0 (ahci)');
  expect(planText(RUN, [], { bind: true, outputs: [] }, system)).toMatch(/refused: .*graphics card/);
});

test('run --plan on the command line: no folder, no device, exit code 0', () => {
  const cwd = workFolder();
  const { code, stdout } = cli(['run', 'smoke', '--plan', '-d', 'reference', '--json', 'a.json'], { cwd });
  expect(code).toBe(0);
  expect(stdout).toMatch(/no device of this machine: nothing is opened/);
  expect(stdout).toMatch(/what these steps write: \w.* \(\d+\)/);
  expect(stdout).toMatch(/results\/.*smoke\/ \(results, report\)\n {2}a\.json\n/);
  expect(cli(['run', 'smoke', '--plan', '--bind', '-d', '0000:ff:1f.7'], { cwd }).stdout).toMatch(/is not there/);
  expect(readdirSync(cwd)).toEqual([]);
});

test('run --bind of a device that is not there says so, and ends with exit code 3', () => {
  const { code, stderr } = cli(['run', 'smoke', '--bind', '-d', '0000:ff:1f.7'], { cwd: workFolder() });
  expect(code).toBe(3);
  expect(stderr).toMatch(/there is no PCI device 0000:ff:1f\.7/);
});
