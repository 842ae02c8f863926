import { ERRNO, VFIO_TYPE1_IOMMU, vfioGroupStatus } from '../../runner/abi';
import { openDevice } from '../../runner/vfio/open-device';
import type { OpenFailureKind } from '../../runner/vfio/open-failure';
import { ioctlOf, onIoctl, type Script, scriptedReference } from '../support/scripted-host';
import { address, open, value } from './support';

const fail = (name: keyof typeof ERRNO): number => -ERRNO[name];
const openOf = (wanted: RegExp, errno: keyof typeof ERRNO): Script => ({
  open: (next, path, access) => (wanted.test(path) ? fail(errno) : next(path, access)),
});

const failures: readonly [what: string, script: Script, kind: OpenFailureKind, message: RegExp, advice: RegExp][] = [
  ['no VFIO in the kernel', openOf(/vfio\/vfio$/, 'ENOENT'), 'missing', /offers no \/dev\/vfio\/vfio/, /modprobe vfio/],
  ['a container that may not be opened', openOf(/vfio\/vfio$/, 'EACCES'), 'forbidden', /EACCES/, /root/],
  ['no descriptors left', openOf(/vfio\/vfio$/, 'EMFILE'), 'limits', /EMFILE/, /ulimit/],
  ['another API version', onIoctl('VFIO_GET_API_VERSION', 'container', () => 1), 'wrong-kind', /version 1/, /./],
  [
    'no node for the group',
    openOf(/vfio\/1$/, 'ENOENT'),
    'not-bound',
    /not bound to a VFIO driver.*no \/dev\/vfio\/1/,
    /./,
  ],
  [
    'a group that somebody has',
    openOf(/vfio\/1$/, 'EBUSY'),
    'busy',
    /is busy.*\/dev\/vfio\/1.*EBUSY/,
    /fuser -v \/dev\/vfio\/1/,
  ],
  [
    'a group that may not be opened',
    openOf(/vfio\/1$/, 'EACCES'),
    'forbidden',
    /forbidden.*EACCES/,
    /chown \$USER \/dev\/vfio\/1/,
  ],
  [
    'a group with a device bound elsewhere',
    onIoctl('VFIO_GROUP_GET_STATUS', 'group', (bytes) => {
      vfioGroupStatus.setField(bytes, 'flags', 0, 'little');
      return 0;
    }),
    'not-viable',
    /group 1 .* is not viable/,
    /every device of the group/,
  ],
  [
    'a group with another device that a driver of the host has',
    {
      ...onIoctl('VFIO_GROUP_GET_STATUS', 'group', (bytes) => {
        vfioGroupStatus.setField(bytes, 'flags', 0, 'little');
        return 0;
      }),
      list: (next, path) => (/iommu_groups\/1\/devices$/.test(path) ? ['0000:00:09.0'] : next(path)),
      readLink: (next, path) => (path.endsWith('0000:00:09.0/driver') ? '../../drivers/e1000e' : next(path)),
    },
    'not-viable',
    /is not viable: 0000:00:09\.0 \(e1000e\) of it is bound to a driver of the host/,
    /look at 0000:00:09\.0/,
  ],
  [
    'a group that a virtual machine has',
    {
      ...openOf(/vfio\/1$/, 'EBUSY'),
      list: (next, path) => (path === '/proc' ? ['77'] : path === '/proc/77/fd' ? ['4'] : next(path)),
      readLink: (next, path) => (path === '/proc/77/fd/4' ? '/dev/vfio/1' : next(path)),
      readText: (next, path) => (path === '/proc/77/comm' ? 'qemu-system-x86\n' : next(path)),
    },
    'busy',
    /is busy: qemu-system-x86 \(process 77\) has \/dev\/vfio\/1 open \(EBUSY\)/,
    /stop it/,
  ],
  [
    'a device that its own driver has, in a group with a VFIO device',
    {
      ...onIoctl('VFIO_GROUP_GET_STATUS', 'group', (bytes) => {
        vfioGroupStatus.setField(bytes, 'flags', 0, 'little');
        return 0;
      }),
      readLink: (next, path) => (path.endsWith('/driver') ? '../../bus/pci/drivers/serial' : next(path)),
      list: (next, path) => (path.endsWith('/vfio-dev') ? [] : next(path)),
    },
    'not-bound',
    /not bound to a VFIO driver \(the driver serial has it\)/,
    /bound to it/,
  ],
  [
    'a group in another container',
    onIoctl('VFIO_GROUP_SET_CONTAINER', 'group', () => fail('EBUSY')),
    'busy',
    /EBUSY/,
    /./,
  ],
  [
    'a group that does not fit in',
    onIoctl('VFIO_GROUP_SET_CONTAINER', 'group', () => fail('EINVAL')),
    'not-viable',
    /EINVAL/,
    /container/,
  ],
  [
    'no type1 IOMMU',
    onIoctl('VFIO_CHECK_EXTENSION', 'container', () => 0),
    'wrong-kind',
    /VFIO_TYPE1v2_IOMMU/,
    /vfio_iommu_type1/,
  ],
  [
    'interrupts that are not isolated',
    onIoctl('VFIO_SET_IOMMU', 'container', () => fail('EPERM')),
    'not-viable',
    /EPERM/,
    /allow_unsafe_interrupts/,
  ],
  [
    'no memory for the IOMMU',
    onIoctl('VFIO_SET_IOMMU', 'container', () => fail('ENOMEM')),
    'limits',
    /ENOMEM/,
    /ulimit/,
  ],
  [
    'a device without its driver',
    onIoctl('VFIO_GROUP_GET_DEVICE_FD', 'group', () => fail('ENODEV')),
    'not-bound',
    /ENODEV/,
    /./,
  ],
  [
    'a driver that has not let go of an earlier user',
    onIoctl('VFIO_GROUP_GET_DEVICE_FD', 'group', () => fail('EBUSY')),
    'busy',
    /its driver does not open it.*EBUSY/,
    /bind the device anew/,
  ],
  [
    'a driver that refuses',
    onIoctl('VFIO_GROUP_GET_DEVICE_FD', 'group', () => fail('EINVAL')),
    'wrong-kind',
    /EINVAL/,
    /dmesg/,
  ],
  [
    'no IOMMU group',
    { readLink: (next, path) => (path.endsWith('iommu_group') ? fail('ENOENT') : next(path)) },
    'not-viable',
    /belongs to no IOMMU group/,
    /intel_iommu=on/,
  ],
  [
    'no-IOMMU mode',
    { list: (next, path) => (path === '/dev/vfio' ? ['noiommu-1', 'vfio'] : next(path)) },
    'wrong-kind',
    /no-IOMMU/,
    /real IOMMU/,
  ],
];

test('a mediated device is taken, although its group is called vfio-noiommu', () => {
  const host = scriptedReference('reference', {
    readText: (next, path) => (path.endsWith('iommu_groups/1/name') ? 'vfio-noiommu\n' : next(path)),
  });
  const result = openDevice(host, { kind: 'mdev', name: '52464430-0001-4000-8000-000000000001' });
  expect(result.ok).toBe(true);
});

test.each(failures)('%s: said so, with advice, and nothing half open', (_what, script, kind, message, advice) => {
  const host = scriptedReference('reference', script);
  const named = { kind: 'mdev', name: '52464430-0001-4000-8000-000000000001' } as const;
  const result = openDevice(host, named);
  expect(result).toEqual({
    ok: false,
    failure: { kind, message: expect.stringMatching(message), advice: expect.stringMatching(new RegExp(advice, 'i')) },
  });
  expect([host.openDescriptors(), host.liveMemory()]).toEqual([[], 0]);
});

test.each([
  [{ kind: 'pci', name: '0000:00:1f.7' }, /no PCI device 0000:00:1f\.7/],
  [{ kind: 'mdev', name: '00000000-0000-4000-8000-000000000000' }, /no mediated device/],
  [{ kind: 'fsl-mc', name: 'dprc.9' }, /no fsl-mc container dprc\.9/],
] as const)('%o is not there: nothing is opened for it', (named, message) => {
  const host = scriptedReference('reference');
  expect(openDevice(host, named)).toMatchObject({
    failure: { kind: 'missing', message: expect.stringMatching(message) },
  });
  expect(host.calls.filter(({ call }) => call === 'open')).toEqual([]);
});

test('advice for a PCI device is the commands that bind it', () => {
  const host = scriptedReference('reference:zpci', openOf(/vfio\/1$/, 'ENOENT'));
  const result = openDevice(host, { kind: 'pci', name: '0007:00:00.0' });
  expect(result).toMatchObject({
    failure: { advice: expect.stringContaining('echo 0007:00:00.0 > /sys/bus/pci/drivers_probe') },
  });
});

test('everything is closed in reverse order, once', () => {
  const { host, opened } = open();
  const fds = [opened.device.fd, opened.group.fd, opened.container.fd];
  value(opened.iommu.allocate(0x1000n));
  host.calls.length = 0;
  expect(opened.close()).toEqual({ ok: true, value: undefined });
  expect(opened.close()).toEqual({ ok: true, value: undefined });
  const order = host.calls.flatMap(({ call, args }) =>
    call === 'close' ? [args[0]] : call === 'ioctl' ? [ioctlOf(args, 'container')] : [],
  );
  expect(order).toEqual([fds[0], 'VFIO_IOMMU_UNMAP_DMA', fds[1], fds[2]]);
  expect([host.openDescriptors(), host.liveMemory()]).toEqual([[], 0]);
});

test.each([
  'first',
  'second',
])('two devices share a container until both are closed (the %s one closed first)', (order) => {
  const { host, opened } = open();
  const second = opened.openSecond(address('reference'));
  if (!second.ok) {
    throw new Error(second.failure.message);
  }
  expect(second.value.container.fd).toBe(opened.container.fd);
  expect(second.value.group.number).not.toBe(opened.group.number);
  const [early, late] = order === 'first' ? [opened, second.value] : [second.value, opened];
  early.close();
  expect(value(late.device.info()).buses).toEqual(['pci']);
  value(late.iommu.allocate(0x1000n));
  late.close();
  expect([host.openDescriptors(), host.liveMemory()]).toEqual([[], 0]);
});

test('a second device that cannot be opened leaves the first one as it was', () => {
  const { host, opened } = open();
  const before = host.openDescriptors();
  host.script = onIoctl('VFIO_GROUP_GET_DEVICE_FD', 'group', () => fail('ENODEV'));
  expect(opened.openSecond(address('reference'))).toMatchObject({ failure: { kind: 'not-bound' } });
  expect(host.openDescriptors()).toEqual(before);
  host.script = {};
  expect(opened.openSecond(address('reference'), { ordinal: 7 })).toMatchObject({ failure: { kind: 'missing' } });
  expect(value(opened.device.info()).buses).toEqual(['pci']);
});

test('a device is opened anew in its container, and mappings stay', () => {
  const { host, opened } = open();
  value(opened.iommu.allocate(0x1000n));
  const before = opened.device;
  const after = value(opened.reopen());
  expect([opened.device === after, after === before, opened.iommu.mappings.length]).toEqual([true, false, 1]);
  expect(value(value(after.migrationRegion()).readState())).toBe(1);
  host.script = onIoctl('VFIO_GROUP_GET_DEVICE_FD', 'group', () => fail('EBUSY'));
  expect(opened.reopen()).toMatchObject({ ok: false, errnoName: 'EBUSY' });
  opened.close();
  expect(host.openDescriptors()).toEqual([]);
});

test('another IOMMU type is set when it is asked for', () => {
  const host = scriptedReference('reference');
  const result = openDevice(host, address('reference'), { iommuType: VFIO_TYPE1_IOMMU });
  const set = host.calls.find(({ call, args }) => call === 'ioctl' && ioctlOf(args, 'container') === 'VFIO_SET_IOMMU');
  expect([result.ok, set?.args[2]]).toEqual([true, VFIO_TYPE1_IOMMU]);
  expect(result.ok && result.value.dirtyLog.start()).toMatchObject({ errnoName: 'EACCES' });
});
