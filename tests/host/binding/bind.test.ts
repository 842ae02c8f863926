/** Binding and giving back, on a made-up machine; what speaks against it; what a crash leaves and the next run puts right. */
import fs from 'node:fs';
import path from 'node:path';
import { BindingRefused, bind, planBinding, restore } from '../../../runner/host/binding/bind';
import { BindingJournal } from '../../../runner/host/binding/journal';
import { DEVICE, FakeSystem, SYSFS } from './fake-system';

let system = new FakeSystem();
let journal: BindingJournal;
beforeEach(() => {
  system.remove();
  system = new FakeSystem();
  journal = new BindingJournal(path.join(system.folder, 'journal'));
});
afterAll(() => system.remove());

function refusal(act: () => unknown = () => planBinding(system, DEVICE)): string {
  try {
    act();
  } catch (error) {
    if (error instanceof BindingRefused) return error.message;
    throw error;
  }
  throw new Error('it was not refused');
}

const bindIt = (): void => bind(system, journal, planBinding(system, DEVICE), '/run-folder');
function giveBack(): (string | undefined)[] {
  return journal.entries().map((entry) => restore(system, journal, entry));
}

test('the device goes to vfio-pci, and back with everything as it was', () => {
  bindIt();
  expect(system.driver()).toBe('vfio-pci');
  expect(journal.entries()).toEqual([
    { device: DEVICE, driver: 'e1000e', override: '', folder: '/run-folder', boot: 'boot-1' },
  ]);
  expect(giveBack()).toEqual([undefined]);
  expect([system.driver(), system.override(), journal.entries()]).toEqual(['e1000e', '', []]);
  expect(system.written).toEqual([
    `vfio-pci > ${SYSFS}/driver_override`,
    `${DEVICE} > /sys/bus/pci/drivers/e1000e/unbind`,
    `${DEVICE} > /sys/bus/pci/drivers_probe`,
    ` > ${SYSFS}/driver_override`.trimEnd(),
    `${DEVICE} > /sys/bus/pci/drivers/vfio-pci/unbind`,
    `${DEVICE} > /sys/bus/pci/drivers/e1000e/bind`,
  ]);
});

test('a device without a driver, and with an override, is left so', () => {
  fs.rmSync(path.join(system.folder, SYSFS, 'driver'));
  system.file(`${SYSFS}/driver_override`, 'uio_pci_generic\n');
  bindIt();
  giveBack();
  expect([system.driver(), system.override()]).toEqual([undefined, 'uio_pci_generic']);
});

test('a device that a VFIO driver has already is not touched, by nobody', () => {
  system.link(`${SYSFS}/driver`, '/sys/bus/pci/drivers/vfio-pci');
  bindIt();
  expect([system.written, journal.entries()]).toEqual([[], []]);
});

test.each([0, 1, 2])('killed at write %i of the binding, the next run gives it back', (at) => {
  let writes = 0;
  system.crash = () => {
    if (writes >= at) throw new Error('killed');
    writes += 1;
  };
  // The restore of the same process fails as well: as dead as can be.
  expect(refusal(bindIt)).toMatch(/could not be bound.*is not given back/);
  system.crash = undefined;
  expect(giveBack()).toEqual([undefined]);
  expect([system.driver(), system.override(), journal.entries()]).toEqual(['e1000e', '', []]);
});

test('killed while it gives back, at each write, the next run goes on with it', () => {
  for (const at of [0, 1, 2]) {
    bindIt();
    let writes = 0;
    system.crash = () => {
      if (writes >= at) throw new Error('killed');
      writes += 1;
    };
    expect(giveBack()[0]).toMatch(/is not given back to e1000e: killed; by hand: echo/);
    system.crash = undefined;
    expect(giveBack()).toEqual([undefined]);
    expect([system.driver(), system.override()]).toEqual(['e1000e', '']);
  }
});

test('what vfio-pci does not take is as it was', () => {
  system.refusing.add('/sys/bus/pci/drivers_probe');
  expect(refusal(bindIt)).toMatch(/could not be bound to vfio-pci: EBUSY.*; it is as it was/);
  expect([system.driver(), journal.entries()]).toEqual(['e1000e', []]);
});

test('a device that somebody still has open is not taken back, for the kernel would wait for them', () => {
  bindIt();
  system.file('/proc/4711/comm', 'qemu-system-x86\n');
  fs.mkdirSync(path.join(system.folder, 'proc/4711/fd'), { recursive: true });
  fs.symlinkSync('/dev/vfio/7', path.join(system.folder, 'proc/4711/fd/3'));
  expect(giveBack()[0]).toMatch(/qemu-system-x86 \(process 4711\) still has \/dev\/vfio\/7 open/);
  expect([system.driver(), journal.entries().length]).toEqual(['vfio-pci', 1]);
});

test('after a restart of the machine, and without the device, the journal is just emptied', () => {
  bindIt();
  const before = system.written.length;
  system.file('/proc/sys/kernel/random/boot_id', 'boot-2\n');
  expect(giveBack()).toEqual([undefined]);
  expect([system.written.length, journal.entries()]).toEqual([before, []]);
});

test('a journal that others can write to, or that holds what is no name, is not followed', () => {
  bindIt();
  const folder = path.join(system.folder, 'journal');
  fs.chmodSync(folder, 0o777);
  expect(journal.entries()).toEqual([]);
  fs.chmodSync(folder, 0o700);
  expect(journal.entries()).toHaveLength(1);
  const [name = ''] = fs.readdirSync(folder);
  const file = path.join(folder, name);
  const whole = fs.readFileSync(file, 'utf8');
  for (const hostile of [
    whole.replace('e1000e', '../../x'),
    whole.replace(DEVICE, `../${DEVICE}`),
    whole.slice(0, 20),
    '[]',
    'null',
  ]) {
    fs.writeFileSync(file, hostile);
    expect(journal.entries()).toEqual([]);
  }
});

test.each<[string, (system: FakeSystem) => void, RegExp]>([
  [
    'a mounted filesystem',
    (s) => {
      s.member('block', 'sda', 'ata1/block/sda');
      s.member('block', 'sda1', 'ata1/block/sda/sda1');
      s.file('/sys/class/block/sda1/dev', '8:1\n');
      s.file('/proc/self/mountinfo', '30 21 8:1 / /srv rw - ext4 /dev/sda1 rw\n');
    },
    /the filesystem on sda1 is mounted at \/srv/,
  ],
  [
    'a filesystem that is mounted in a container only, on LVM',
    (s) => {
      s.member('block', 'sda', 'block/sda');
      s.file('/sys/class/block/sda/dev', '8:0\n');
      s.file('/sys/class/block/sda/holders/dm-0/x', '');
      s.file('/sys/class/block/dm-0/dev', '253:0\n');
      s.file('/proc/99/mountinfo', '30 21 253:0 / /data rw - xfs /dev/mapper/a rw\n');
      fs.mkdirSync(path.join(s.folder, 'proc/99/ns'), { recursive: true });
      fs.symlinkSync('mnt:[4026]', path.join(s.folder, 'proc/99/ns/mnt'));
    },
    /the filesystem on dm-0 is mounted at \/data/,
  ],
  [
    'an NVMe disk below its subsystem',
    (s) => {
      fs.mkdirSync(path.join(s.folder, s.below('nvme/nvme0')), { recursive: true });
      s.file('/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1/dev', '259:1\n');
      s.link('/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0', s.below('nvme/nvme0'));
      s.link('/sys/class/nvme-subsystem/nvme-subsys0', '/sys/devices/virtual/nvme-subsystem/nvme-subsys0');
      s.link('/sys/class/block/nvme0n1', '/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1');
      s.file('/proc/self/mountinfo', '30 21 259:1 / / rw - ext4 /dev/nvme0n1 rw\n');
    },
    /the filesystem on nvme0n1 is mounted at \//,
  ],
  [
    'swap',
    (s) => {
      s.member('block', 'sdb', 'block/sdb');
      s.file('/proc/swaps', 'Filename Type Size Used Priority\n/dev/sdb partition 100 0 -2\n');
    },
    /sdb is swap space in use/,
  ],
  [
    'the default route, over a bond',
    (s) => {
      s.member('net', 'eth0', 'net/eth0');
      s.file('/sys/class/net/eth0/upper_bond0/x', '');
      s.file('/sys/class/net/bond0/x', '');
      s.file('/proc/net/route', 'Iface Destination\nbond0\t00000000\t0102A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n');
    },
    /the default route goes over bond0/,
  ],
  [
    'the default route of IPv6',
    (s) => {
      s.member('net', 'eth0', 'virtio0/net/eth0');
      const zeros = '0'.repeat(32);
      s.file('/proc/net/ipv6_route', `${zeros} 00 ${zeros} 00 fe80 00000400 1 0 3 eth0\n`);
    },
    /the default route \(IPv6\) goes over eth0/,
  ],
  [
    'a serial console',
    (s) => {
      s.member('tty', 'ttyS4', 'tty/ttyS4');
      s.file('/sys/class/tty/console/active', 'tty0 ttyS4\n');
    },
    /ttyS4 is a console of the system/,
  ],
  [
    'the graphics card',
    (s) => s.file(`${SYSFS}/boot_vga`, '1\n'),
    /the graphics card that the machine was started with/,
  ],
  ['a framebuffer', (s) => s.member('graphics', 'fb0', 'graphics/fb0'), /fb0 shows the console/],
  ['virtual functions', (s) => s.file(`${SYSFS}/sriov_numvfs`, '4\n'), /4 virtual functions/],
  [
    'mounts that cannot be read',
    (s) => {
      s.member('block', 'sda', 'block/sda');
      fs.rmSync(path.join(s.folder, 'proc/self/mountinfo'));
    },
    /cannot be told/,
  ],
  ['another device in its group', (s) => s.device('0000:00:05.0', '7', 'ahci'), /also holds 0000:00:05.0 \(ahci\)/],
  ['a bridge', (s) => s.file(`${SYSFS}/class`, '0x060400\n'), /is a bridge/],
  [
    'no vfio-pci',
    (s) => fs.rmSync(path.join(s.folder, 'sys/bus/pci/drivers/vfio-pci'), { recursive: true }),
    /not loaded/,
  ],
])('refused with what was found: %s', (_, make, message) => {
  make(system);
  expect(refusal()).toMatch(message);
  expect([system.written, journal.entries(), system.driver()]).toEqual([[], [], 'e1000e']);
});

test('disks, cards and mounts of other devices are nothing against it', () => {
  system.member('block', 'sda', 'block/sda');
  system.file('/sys/class/block/sda/dev', '8:0\n');
  system.member('net', 'eth0', 'net/eth0');
  system.file('/sys/devices/other/net/eth1/x', '');
  system.link('/sys/class/net/eth1', '/sys/devices/other/net/eth1');
  system.file('/proc/net/route', 'Iface\neth1\t00000000\t0102A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n');
  expect(planBinding(system, DEVICE).needed).toBe(true);
});
