import { parseDeviceAddress } from '../../runner/vfio/device-address';

test.each([
  ['0000:00:04.0', 'pci', '0000:00:04.0'],
  ['00:04.0', 'pci', '0000:00:04.0'],
  ['0:4.0', 'pci', '0000:00:04.0'],
  ['7:00:00.0', 'pci', '0007:00:00.0'],
  ['10000:E1:1F.7', 'pci', '10000:e1:1f.7'],
  ['  00:04.0 ', 'pci', '0000:00:04.0'],
  ['A297DB4A-F4C2-11E6-90F6-D3B88D6C9525', 'mdev', 'a297db4a-f4c2-11e6-90f6-d3b88d6c9525'],
  ['dprc.2', 'fsl-mc', 'dprc.2'],
  ['reference', 'reference', 'reference'],
  ['reference:zpci,page=4k', 'reference', 'reference:zpci,page=4k'],
])('%s is a %s device', (text, kind, name) => {
  expect(parseDeviceAddress(text)).toEqual({ ok: true, value: expect.objectContaining({ kind, name }) });
});

test('a reference name comes apart as the reference itself reads it', () => {
  const parsed = parseDeviceAddress('reference:pci,be,page=64k+one-fault+another');
  expect(parsed).toMatchObject({
    ok: true,
    value: {
      reference: { personality: 'pci', order: 'big', pageSize: 65536, peculiarities: ['one-fault', 'another'] },
    },
  });
});

test.each([
  ['', /^"": not the name of a device\. A device is a PCI address/],
  ['00:20.0', /slot 20 is above 1f/],
  ['00:04.8', /not the name of a device/],
  ['123456789:00:04.0', /not the name of a device/],
  ['../../etc', /not the name of a device/],
  ['reference:isa', /isa/],
  ['reference:pci,colour=red', /colour/],
  ['referenced', /not the name of a device/],
  ['reference+', /\+/],
])('%p is refused with what is allowed', (text, message) => {
  const parsed = parseDeviceAddress(text);
  expect(parsed).toMatchObject({ ok: false, message: expect.stringMatching(message) });
  expect(parsed).toMatchObject({ message: expect.stringContaining('reference[:pci|zpci|ccw|fsl-mc]') });
});
