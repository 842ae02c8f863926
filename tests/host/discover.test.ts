/** Discovery on made-up machines: each entry of sysfs and /dev is given, and what opening a group answers. */
import { ERRNO } from '../../runner/abi';
import { type DiscoveredDevice, type Discovery, discoverDevices } from '../../runner/host/discover';
import { createLocalHost } from '../../runner/host/local/local-host';
import { StubHost } from './support/stub-host';

/** A machine as a list of paths: a string is a file, `-> target` a link, a number what open answers. */
type Machine = Readonly<Record<string, string | number>>;

class MachineHost extends StubHost {
  readonly opened: string[] = [];
  readonly open_ = new Set<number>();
  constructor(readonly machine: Machine) {
    super();
  }
  override open(path: string): number {
    this.opened.push(path);
    const answer = this.machine[path] ?? -ERRNO.ENOENT;
    const fd = typeof answer === 'number' ? answer : -ERRNO.EINVAL;
    if (fd >= 0) {
      this.open_.add(fd);
    }
    return fd;
  }
  override close(fd: number): number {
    return this.open_.delete(fd) ? 0 : -ERRNO.EBADF;
  }
  override readText(path: string): string | number {
    const entry = this.machine[this.#resolve(path)];
    return typeof entry === 'string' && !entry.startsWith('-> ') ? entry : -ERRNO.ENOENT;
  }
  override readLink(path: string): string | number {
    const entry = this.machine[this.#resolve(path)];
    return typeof entry === 'string' && entry.startsWith('-> ') ? entry.slice(3) : -ERRNO.ENOENT;
  }
  override list(path: string): readonly string[] | number {
    const folder = `${this.#resolve(`${path}/.`).slice(0, -1)}`;
    const names = Object.keys(this.machine).flatMap((entry) =>
      entry.startsWith(folder) ? [entry.slice(folder.length).split('/')[0] ?? ''] : [],
    );
    return names.length === 0 ? -ERRNO.ENOENT : [...new Set(names)].sort();
  }
  /** The members of a group are links to the devices. */
  #resolve(path: string): string {
    return path.replace(/^\/sys\/kernel\/iommu_groups\/\d+\/devices\//, '/sys/bus/pci/devices/');
  }
}

interface Pci {
  readonly group?: number;
  readonly driver?: string;
  readonly classCode?: string;
  readonly vfioDev?: boolean;
}

function pci(address: string, { group, driver, classCode = '0x020000', vfioDev = false }: Pci): Machine {
  const sysfs = `/sys/bus/pci/devices/${address}`;
  return {
    [`${sysfs}/vendor`]: '0x1234\n',
    [`${sysfs}/device`]: '0x11e8\n',
    [`${sysfs}/subsystem_vendor`]: '0x1af4\n',
    [`${sysfs}/subsystem_device`]: '0x1100\n',
    [`${sysfs}/class`]: `${classCode}\n`,
    ...(driver !== undefined && { [`${sysfs}/driver`]: `-> ../../../bus/pci/drivers/${driver}` }),
    ...(vfioDev && { [`${sysfs}/vfio-dev/vfio0`]: '' }),
    ...(group !== undefined && {
      [`${sysfs}/iommu_group`]: `-> ../../../kernel/iommu_groups/${group}`,
      [`/sys/kernel/iommu_groups/${group}/devices/${address}`]: `-> ../../../../devices/${address}`,
    }),
  };
}

const VFIO: Machine = { '/dev/vfio/vfio': 90 };
const EDU = '0000:06:0d.0';

function discover(...parts: readonly Machine[]): Discovery & { readonly host: MachineHost } {
  const host = new MachineHost(Object.assign({}, ...parts) as Machine);
  const discovery = discoverDevices(host);
  // Whatever was opened is closed again.
  expect([...host.open_]).toEqual([]);
  return { ...discovery, host };
}

function only(...parts: readonly Machine[]): DiscoveredDevice {
  const { devices } = discover(...parts);
  expect(devices).toHaveLength(1);
  const [device] = devices;
  if (device === undefined) {
    throw new Error('no device');
  }
  return device;
}

test('a PCI device that can be opened', () => {
  const { devices, notes, host } = discover(VFIO, { '/dev/vfio/12': 33 }, pci(EDU, { group: 12, driver: 'vfio-pci' }));
  expect(devices).toEqual([
    {
      bus: 'pci',
      name: EDU,
      sysfs: `/sys/bus/pci/devices/${EDU}`,
      driver: 'vfio-pci',
      group: '12',
      id: '1234:11e8',
      subsystemId: '1af4:1100',
      classCode: '020000',
      status: 'ready',
      reason: '/dev/vfio/12 can be opened.',
      todo: [],
    },
  ]);
  expect(notes).toEqual([]);
  // Nothing but the group is opened, the device never.
  expect(host.opened).toEqual(['/dev/vfio/12']);
});

test.each<[string, number, string, RegExp]>([
  ['in use', -ERRNO.EBUSY, 'in-use', /fuser/],
  ['forbidden by its permissions', -ERRNO.EACCES, 'forbidden', /chown/],
  ['forbidden by a container', -ERRNO.EPERM, 'forbidden', /container/],
])('a group that is %s', (_what, errno, status, todo) => {
  const device = only(VFIO, { '/dev/vfio/12': errno }, pci(EDU, { group: 12, driver: 'vfio-pci' }));
  expect(device.status).toBe(status);
  expect(device.todo.join('\n')).toMatch(todo);
});

test('a group that answers something else', () => {
  const device = only(VFIO, { '/dev/vfio/12': -ERRNO.ENODEV }, pci(EDU, { group: 12, driver: 'vfio-pci' }));
  expect(device).toMatchObject({ status: 'failed', reason: 'Opening /dev/vfio/12 answers ENODEV.' });
});

describe('whose driver is VFIO`s', () => {
  test('by its name, by vfio-dev, or because nobody else made the group`s file', () => {
    for (const how of [{ driver: 'mlx5_vfio_pci' }, { driver: 'acme', vfioDev: true }, { driver: 'acme' }]) {
      const device = only(VFIO, { '/dev/vfio/12': 33 }, pci(EDU, { group: 12, ...how }));
      expect(device).toMatchObject({ status: 'ready', driver: how.driver });
    }
  });

  test('not because another device of the group made it', () => {
    const other = pci('0000:06:0e.0', { group: 12, driver: 'vfio-pci' });
    const { devices } = discover(VFIO, { '/dev/vfio/12': 33 }, pci(EDU, { group: 12, driver: 'e1000e' }), other);
    expect(devices.map(({ name, status }) => [name, status])).toEqual([
      [EDU, 'other-driver'],
      ['0000:06:0e.0', 'group-shared'],
    ]);
    expect(devices[1]?.reason).toContain(`${EDU} (e1000e)`);
  });
});

test('a group may be shared with other VFIO devices, bridges, and devices without a driver', () => {
  const { devices, host } = discover(
    VFIO,
    { '/dev/vfio/12': 33 },
    pci('0000:00:1c.0', { group: 12, driver: 'pcieport', classCode: '0x060400' }),
    pci('0000:00:1d.0', { group: 12, driver: 'shpchp', classCode: '0x060400' }),
    pci('0000:01:00.0', { group: 12, driver: 'vfio-pci' }),
    pci('0000:01:00.1', { group: 12, driver: 'acme', vfioDev: true }),
    pci('0000:01:00.2', { group: 12 }),
    pci('0000:01:00.3', { group: 12, driver: 'pci-stub' }),
  );
  // The bridges are not listed: nobody can have one.
  expect(devices.map(({ name, status }) => [name, status])).toEqual([
    ['0000:01:00.0', 'ready'],
    ['0000:01:00.1', 'ready'],
    ['0000:01:00.2', 'no-driver'],
    ['0000:01:00.3', 'other-driver'],
  ]);
  expect(host.opened).toEqual(['/dev/vfio/12', '/dev/vfio/12']);
});

test('a device of another driver: how to bind it', () => {
  const device = only(VFIO, pci(EDU, { group: 12, driver: 'e1000e' }));
  expect(device).toMatchObject({ status: 'other-driver', driver: 'e1000e', group: '12' });
  expect(device.reason).toContain('e1000e');
  expect(device.todo).toEqual([
    'modprobe vfio-pci',
    `echo vfio-pci > /sys/bus/pci/devices/${EDU}/driver_override`,
    `echo ${EDU} > /sys/bus/pci/devices/${EDU}/driver/unbind`,
    `echo ${EDU} > /sys/bus/pci/drivers_probe`,
  ]);
});

test('a device without a driver: how to bind it', () => {
  const device = only(VFIO, pci(EDU, { group: 12 }));
  expect(device).toMatchObject({ status: 'no-driver' });
  expect(device).not.toHaveProperty('driver');
  expect(device.todo).toHaveLength(3);
});

test('without an IOMMU', () => {
  const { devices, notes } = discover(pci(EDU, { driver: 'vfio-pci' }), pci('0000:06:0e.0', { driver: 'e1000e' }));
  expect(devices[0]).toMatchObject({ status: 'no-iommu', todo: [expect.stringMatching(/IOMMU/)] });
  expect(devices[1]?.todo[0]).toMatch(/First it has to be in an IOMMU group/);
  expect(notes).toEqual([expect.stringMatching(/modprobe vfio-pci/), expect.stringMatching(/no IOMMU groups/)]);
});

test('without an IOMMU, but in no-IOMMU mode', () => {
  const device = only(VFIO, { '/dev/vfio/noiommu-0': -ERRNO.EPERM }, pci(EDU, { group: 0, driver: 'vfio-pci' }));
  expect(device).toMatchObject({ status: 'forbidden', group: 'noiommu-0', todo: [expect.stringMatching(/root/)] });
});

test('bound, but without a file in /dev/vfio', () => {
  const device = only(VFIO, pci(EDU, { group: 12, driver: 'vfio-pci' }));
  expect(device).toMatchObject({ status: 'no-group', todo: [expect.stringMatching(/CONFIG_VFIO_GROUP/)] });
});

test('a mediated device', () => {
  const uuid = '83b8f4f2-509f-382f-3c1e-e6bfe0fa1001';
  const sysfs = `/sys/bus/mdev/devices/${uuid}`;
  const mdev: Machine = {
    [sysfs]: `-> ../../../devices/virtual/mtty/mtty/${uuid}`,
    [`${sysfs}/driver`]: '-> ../../../../../bus/mdev/drivers/mtty',
    [`${sysfs}/mdev_type`]: '-> ../mdev_supported_types/mtty-2',
    [`${sysfs}/mdev_type/name`]: 'Dual port serial\n',
    [`${sysfs}/mdev_type/device_api`]: 'vfio-pci\n',
    [`${sysfs}/iommu_group`]: '-> ../../../../../kernel/iommu_groups/3',
    [`/sys/kernel/iommu_groups/3/devices/${uuid}`]: '-> x',
  };
  expect(only(VFIO, mdev, { '/dev/vfio/3': 33 })).toEqual({
    bus: 'mdev',
    name: uuid,
    sysfs,
    driver: 'mtty',
    group: '3',
    parent: 'mtty',
    mdevType: 'mtty-2',
    mdevTypeName: 'Dual port serial',
    deviceApi: 'vfio-pci',
    status: 'ready',
    reason: '/dev/vfio/3 can be opened.',
    todo: [],
  });
  const { [`${sysfs}/driver`]: _driver, ...unbound } = mdev;
  expect(only(VFIO, unbound)).toMatchObject({ status: 'no-driver', todo: [expect.stringMatching(/vfio_mdev/)] });
});

test('on other buses only what VFIO has', () => {
  const { devices } = discover(VFIO, {
    '/dev/vfio/5': 33,
    '/sys/bus/fsl-mc/devices/dprc.2/driver': '-> ../../drivers/vfio-fsl-mc',
    '/sys/bus/fsl-mc/devices/dprc.2/iommu_group': '-> ../../../kernel/iommu_groups/5',
    '/sys/bus/fsl-mc/devices/dpni.1/driver': '-> ../../drivers/fsl_dpaa2_eth',
    '/sys/bus/platform/devices/serial8250/driver': '-> ../../drivers/serial8250',
  });
  expect(devices).toEqual([
    expect.objectContaining({ bus: 'fsl-mc', name: 'dprc.2', driver: 'vfio-fsl-mc', status: 'ready' }),
  ]);
});

test('strange contents of sysfs are left out, not repeated', () => {
  const machine = pci(EDU, { group: 12, driver: 'vfio-pci' });
  const device = only(VFIO, machine, { [`/sys/bus/pci/devices/${EDU}/vendor`]: 'what?\n' });
  expect(device).not.toHaveProperty('id');
  expect(device.subsystemId).toBe('1af4:1100');
});

test('this machine, whatever it has', () => {
  const host = createLocalHost();
  try {
    for (const device of discoverDevices(host).devices) {
      expect(device.reason).toMatch(/\.$/);
      expect(device.status !== 'ready' || device.todo.length === 0).toBe(true);
      expect(host.list(device.sysfs)).toEqual(expect.any(Array));
    }
  } finally {
    host.dispose();
  }
});
