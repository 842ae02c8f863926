import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createReferenceHost, selectReference } from '../../runner/host/reference/create-reference-host';
import { DeviceHang, MemoryFault } from '../../runner/host/vfio-host';
import { isReferenceName, parseReferenceName } from '../../runner/reference/device-name';
import { referenceTopology } from '../../runner/reference/topology';
import { Lab } from './support/reference-lab';

const PLAIN = {
  personality: 'pci',
  order: 'little',
  pageSize: 4096,
  layout: 'trapped',
  stateSize: 65536,
  peculiarities: [],
};

test.each([
  ['reference', {}],
  ['reference:pci', {}],
  ['reference:zpci', { personality: 'zpci', order: 'big' }],
  ['reference:ccw', { personality: 'ccw', order: 'big' }],
  ['reference:fsl-mc', { personality: 'fsl-mc' }],
  ['reference,be', { order: 'big' }],
  ['reference:pci,be,page=64k', { order: 'big', pageSize: 65536 }],
  ['reference:pci,layout=partitioned,size=256k', { layout: 'partitioned', stateSize: 262144 }],
  ['reference+slow+data-offset-zero', { peculiarities: ['slow', 'data-offset-zero'] }],
])('%s is read', (text, expected) => {
  expect(parseReferenceName(text)).toEqual({ ...PLAIN, ...expected });
});

test.each([
  ['refrence', /does not begin with 'reference'/],
  ['reference2', /does not begin/],
  ['reference:usb', /no personality.*pci, zpci, ccw, fsl-mc/],
  ['reference:pci,le', /no option/],
  ['reference:pci,page=16k', /4k or 64k/],
  ['reference:zpci,page=64k', /s390x/],
  ['reference:pci,layout=flat', /one of trapped, mmapped, partitioned/],
  ['reference:pci,size=5000', /multiple of 4k/],
  ['reference:pci,size=512m', /to 256m/],
  ['reference+', /'\+' without a name/],
])('%s is refused', (text, message) => {
  expect(() => parseReferenceName(text)).toThrow(message);
});

test('an unknown fault gets a suggestion', () => {
  expect(() => selectReference('reference+data-ofset-zero')).toThrow("did you mean 'data-offset-zero'?");
  expect(isReferenceName('reference+x')).toBe(true);
  expect(isReferenceName('0000:00:04.0')).toBe(false);
});

test('the host has the devices of its topology', () => {
  const host = createReferenceHost({ device: 'reference:zpci' });
  const { source, destination } = referenceTopology('zpci', false);
  expect(host.list('/sys/bus/pci/devices')).toEqual([source.name, destination.name]);
  expect(host.facts).toMatchObject({ architecture: 's390x', byteOrder: 'big', kind: 'reference' });
  expect(() => createReferenceHost({ device: 'reference', destination: 'reference:zpci' })).toThrow(
    /one host holds both/,
  );
});

test('the implied destination has the faults of the resuming side and no others', () => {
  const saving = new Lab({ device: 'reference+data-offset-zero' });
  saving.destination.go(2);
  expect(saving.destination.field('data_offset')).toBe(64n);
  const resuming = new Lab({ device: 'reference+resume-offset-zero' });
  resuming.destination.go(4);
  expect(resuming.destination.field('data_offset')).toBe(0n);
  const explicit = new Lab({ device: 'reference+resume-offset-zero', destination: 'reference' });
  explicit.destination.go(4);
  expect(explicit.destination.field('data_offset')).toBe(64n);
});

test('dispose closes everything, and may be called twice', () => {
  const { host, source } = new Lab({ device: 'reference' });
  host.dispose();
  host.dispose();
  expect(host.pread(source.fd, new Uint8Array(4), source.region << 40n)).toBe(-9);
  expect(host.open('/dev/vfio/1', 'read-write')).toBeGreaterThan(0);
});

test('a hang throws on a virtual clock, and blocks for ever otherwise', () => {
  const { source } = new Lab({ device: 'reference+hang-on-pending-read' });
  source.go(2);
  expect(() => source.field('pending_bytes')).toThrow(DeviceHang);
  const script = `
    const { Lab } = require(${JSON.stringify(join(__dirname, 'support/reference-lab.js'))});
    const { source } = new Lab({ device: 'reference+hang-on-pending-read', hang: 'block' });
    source.go(2);
    process.stdout.write('hanging');
    source.field('pending_bytes');
    process.stdout.write('returned');`;
  const child = spawnSync(process.execPath, ['-e', script], { timeout: 2000, killSignal: 'SIGKILL' });
  expect(child.stdout.toString()).toBe('hanging');
  expect(child.signal).toBe('SIGKILL');
});

test('a fault in mapped memory is thrown by the access, and the memory cannot be reached around it', () => {
  const { source, host } = new Lab({ device: 'reference:pci,layout=mmapped+sigbus-mmap' });
  const memory = host.mmap(source.fd, 4096, (source.region << 40n) + 4096n, { read: true, write: true });
  if (typeof memory === 'number') throw new Error(`mmap: ${memory}`);
  expect(memory.bytes).toBeUndefined();
  expect(() => host.load(memory, 0, 4)).toThrow(MemoryFault);
});
