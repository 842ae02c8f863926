import {
  ERRNO,
  VFIO_DEVICE_FEATURE_GET,
  VFIO_DEVICE_FEATURE_MIGRATION,
  VFIO_DEVICE_FEATURE_PROBE,
  vfioDeviceFeature,
  vfioDeviceFeatureMigration,
} from '../../runner/abi';
import { onIoctl } from '../support/scripted-host';
import { open, value } from './support';

test('a device that does not speak migration version 2 says so without an error', () => {
  expect(value(open().opened.device.migrationV2())).toBeUndefined();
});

test('a device that speaks it gives its flags, after a probe', () => {
  const seen: number[] = [];
  const script = onIoctl('VFIO_DEVICE_FEATURE', 'device', (bytes) => {
    const { flags } = vfioDeviceFeature.decode(bytes, 'little');
    seen.push(flags);
    if ((flags & VFIO_DEVICE_FEATURE_PROBE) === 0) {
      vfioDeviceFeatureMigration.encodeInto(bytes, { flags: 7n }, 'little', vfioDeviceFeature.size);
    }
    return 0;
  });
  expect(value(open('reference', script).opened.device.migrationV2())).toBe(7n);
  const get = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIGRATION;
  expect(seen).toEqual([get | VFIO_DEVICE_FEATURE_PROBE, get]);
});

test('an errno that does not mean absence is a failure', () => {
  const script = onIoctl('VFIO_DEVICE_FEATURE', 'device', () => -ERRNO.EIO);
  expect(open('reference', script).opened.device.migrationV2()).toMatchObject({ ok: false, errnoName: 'EIO' });
});

test('reset is one call, and EAGAIN is for the caller', () => {
  const { host, opened } = open(
    'reference',
    onIoctl('VFIO_DEVICE_RESET', 'device', () => -ERRNO.EAGAIN),
  );
  host.calls.length = 0;
  expect(opened.device.reset()).toMatchObject({ ok: false, errnoName: 'EAGAIN' });
  expect(host.calls).toHaveLength(1);
  host.script = {};
  expect(opened.device.reset()).toEqual({ ok: true, value: undefined });
});

test('what sysfs says of a device is told, and what it does not say is left out', () => {
  expect(open('reference:zpci').opened.identity()).toMatchObject({
    bus: 'pci',
    name: '0007:00:00.0',
    group: 1,
    module: 'vfio_reference',
    moduleVersion: '1.0',
    vendorId: '1234',
    classCode: 'ff0000',
  });
  const mdev = open('reference:ccw').opened.identity();
  expect(mdev).toMatchObject({ bus: 'mdev', mdevType: 'vfio_reference-v1', mdevApi: 'vfio-ccw', parent: '0.0.0311' });
  expect(mdev).not.toHaveProperty('vendorId');
  expect(mdev).not.toHaveProperty('moduleSrcversion');
});

test('a region is asked for once, and again when told to', () => {
  const { host, opened } = open();
  host.calls.length = 0;
  const first = value(opened.device.region(0));
  expect(value(opened.device.region(0))).toBe(first);
  expect(host.calls).toHaveLength(1);
  expect(value(opened.device.region(0, true))).not.toBe(first);
  expect(opened.device.region(8)).toMatchObject({ ok: false, errnoName: 'EINVAL' });
});
