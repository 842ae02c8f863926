import { ERRNO, vfioDeviceInfo, vfioInfoCapHeader } from '../../runner/abi';
import { DEFAULT_LIMITS } from '../../runner/vfio/limits';
import { onIoctl } from '../support/scripted-host';
import { open, value } from './support';

/** A driver that answers VFIO_DEVICE_GET_INFO with whatever the test writes into the buffer. */
const answering = (answer: (buffer: Uint8Array, argsz: number, call: number) => number) => {
  let calls = 0;
  return onIoctl('VFIO_DEVICE_GET_INFO', 'device', (buffer) =>
    answer(buffer, vfioDeviceInfo.getField(buffer, 'argsz', 'little'), ++calls),
  );
};
const CAPS = 0x82;

test('a chain that needs more room is asked for again with the argsz that was named', () => {
  const { opened } = open('reference:zpci');
  const info = value(opened.device.info());
  expect(info.rounds.map(({ argszGiven, argszReturned }) => argszReturned > argszGiven)).toEqual([true, false]);
  expect(info.chain.capabilities.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
  expect(info.problems).toEqual([]);
  expect(info.values.argsz).toBe(info.rounds[1]?.argszGiven);
});

test('an argsz that never settles is left after the limit, and told', () => {
  const { opened, host } = open(
    'reference',
    answering((buffer, argsz) => {
      vfioDeviceInfo.encodeInto(buffer, { argsz: argsz + 8, flags: CAPS }, 'little');
      return 0;
    }),
  );
  host.calls.length = 0;
  const info = value(opened.device.info());
  expect(info.problems).toEqual([
    {
      kind: 'argsz-never-settles',
      offset: 0,
      message: 'VFIO_DEVICE_GET_INFO wants a larger argsz each time: 28, 36, 44, 52',
    },
  ]);
  expect(host.calls).toHaveLength(DEFAULT_LIMITS.maxInfoRounds);
});

test('an argsz beyond the limit is not allocated', () => {
  const { opened } = open(
    'reference',
    answering((buffer) => {
      vfioDeviceInfo.encodeInto(buffer, { argsz: 0xffff_ffff, flags: CAPS }, 'little');
      return 0;
    }),
  );
  const info = value(opened.device.info());
  expect(info.rounds).toHaveLength(1);
  expect(info.problems.map(({ kind }) => kind)).toEqual(['argsz-beyond-limit']);
});

test('a byte written past argsz is found, also by a call with an argsz below the structure', () => {
  const { opened } = open(
    'reference',
    answering((buffer, argsz) => {
      buffer[argsz + 3] = 0;
      return 0;
    }),
  );
  expect(value(opened.device.info()).problems).toMatchObject([{ kind: 'written-past-argsz', offset: 23 }]);
  expect(value(opened.device.infoWithArgsz(16))).toMatchObject({ argszGiven: 16, overrunAt: 19 });
});

test('fields past a smaller argsz are never made up: the bytes end at argsz', () => {
  const { opened } = open();
  const round = value(opened.device.infoWithArgsz(16));
  expect(round.bytes).toHaveLength(16);
  expect(round.overrunAt).toBeUndefined();
});

test('a broken chain comes along with its problems', () => {
  const { opened } = open(
    'reference',
    answering((buffer, argsz) => {
      vfioDeviceInfo.encodeInto(buffer, { argsz: 40, flags: CAPS, cap_offset: argsz < 40 ? 0 : 24 }, 'little');
      if (argsz >= 40) {
        vfioInfoCapHeader.encodeInto(buffer, { id: 9, version: 1, next: 24 }, 'little', 24);
      }
      return 0;
    }),
  );
  const info = value(opened.device.info());
  expect(info.chain.capabilities.map(({ id }) => id)).toEqual([9]);
  expect(info.problems.map(({ kind }) => kind)).toEqual(['loop']);
});

test('cap_offset means nothing without the flag', () => {
  const { opened } = open(
    'reference',
    answering((buffer, argsz) => {
      vfioDeviceInfo.encodeInto(buffer, { argsz, flags: 2, cap_offset: 0xdead }, 'little');
      return 0;
    }),
  );
  expect(value(opened.device.info())).toMatchObject({ problems: [], chain: { capabilities: [] } });
});

test('an errno is an outcome, not an exception', () => {
  const { opened } = open(
    'reference',
    answering(() => -ERRNO.EIO),
  );
  expect(opened.device.info()).toEqual({
    ok: false,
    kind: 'errno',
    errno: 5,
    errnoName: 'EIO',
    call: 'VFIO_DEVICE_GET_INFO',
    message: 'VFIO_DEVICE_GET_INFO: EIO',
    transferred: 0,
  });
});

test('a device that claims four billion regions and IRQs is asked for as many as the limits allow', () => {
  const { opened, host } = open(
    'reference',
    answering((buffer, argsz) => {
      vfioDeviceInfo.encodeInto(buffer, { argsz, flags: 2, num_regions: 0xffff_ffff, num_irqs: 0xffff_ffff }, 'little');
      return 0;
    }),
  );
  host.calls.length = 0;
  expect(value(opened.device.listRegions())).toHaveLength(DEFAULT_LIMITS.maxRegions);
  expect(value(opened.device.listIrqs())).toHaveLength(DEFAULT_LIMITS.maxIrqs);
  expect(host.calls.length).toBeLessThan(3 * (DEFAULT_LIMITS.maxRegions + DEFAULT_LIMITS.maxIrqs));
});

test('a chain ends at the argsz that came back, also where that is less than was given', () => {
  const { opened } = open(
    'reference',
    answering((buffer, argsz, call) => {
      vfioDeviceInfo.encodeInto(
        buffer,
        { argsz: call === 1 ? 48 : 28, flags: CAPS, cap_offset: call === 1 ? 0 : 24 },
        'little',
      );
      if (argsz >= 48) {
        vfioInfoCapHeader.encodeInto(buffer, { id: 9, version: 1, next: 0 }, 'little', 24);
      }
      return 0;
    }),
  );
  const info = value(opened.device.info());
  expect(info.problems.map(({ kind }) => kind)).toEqual(['truncated-header']);
});
