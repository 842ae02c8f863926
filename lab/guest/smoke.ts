/**
 * The lab's self-check, run inside the guest: does VFIO work there at all, through Node and koffi? It opens edu, lets it write to
 * mapped memory by DMA, and reads the dirty bitmap back. One JSON object on standard output; exit code 0 when every check held.
 *
 *     node dist/lab/guest/smoke.js PCI-ADDRESS
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { CallFailed, ioctl, koffiVersion, open, pageAligned, pread, pwrite, request } from './vfio-calls';

const pageSize = 4096;
const pages = 16;
/** edu reaches 28 bits of address; the MSI window lies far above. */
const iova = 0x100000n;
const pattern = Buffer.from('the bytes that edu carried over ');
/** edu's registers in BAR0 and its own buffer (QEMU, docs/specs/edu.txt). */
const edu = {
  source: 0x80n,
  destination: 0x88n,
  count: 0x90n,
  command: 0x98n,
  buffer: 0x40000,
  toRam: 0x3,
  toEdu: 0x1,
};

const checks: { readonly check: string; readonly held: boolean; readonly seen: string }[] = [];
function check(name: string, held: boolean, seen: unknown): void {
  checks.push({ check: name, held, seen: String(seen) });
}

/** A structure that starts with argsz and flags, little-endian. */
function structure(length: number, flags = 0): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.writeUInt32LE(length, 0);
  bytes.writeUInt32LE(flags, 4);
  return bytes;
}

function regionOffset(device: number, index: number): bigint {
  const info = structure(32);
  info.writeUInt32LE(index, 8);
  ioctl(device, request.deviceGetRegionInfo, info, `VFIO_DEVICE_GET_REGION_INFO ${index}`);
  return info.readBigUInt64LE(24);
}

function writeRegister(device: number, at: bigint, value: number): void {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  pwrite(device, bytes, at, `write of edu's register at 0x${at.toString(16)}`);
}

/** Starts edu's engine and waits, at most a second, until it says it is done. */
function transfer(device: number, bar0: bigint, from: number, to: number, command: number): void {
  writeRegister(device, bar0 + edu.source, from);
  writeRegister(device, bar0 + edu.destination, to);
  writeRegister(device, bar0 + edu.count, pattern.length);
  writeRegister(device, bar0 + edu.command, command);
  const until = Date.now() + 1000;
  while ((pread(device, 4, bar0 + edu.command, 'read of the DMA command').readUInt32LE() & 1) !== 0) {
    if (Date.now() > until) throw new CallFailed("edu's DMA engine did not finish within 1 s");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
}

function setBusMaster(device: number, config: bigint, on: boolean): void {
  const command = pread(device, 2, config + 4n, 'read of the PCI command register');
  command.writeUInt16LE(on ? command.readUInt16LE() | 0x6 : (command.readUInt16LE() | 0x2) & ~0x4);
  pwrite(device, command, config + 4n, 'write of the PCI command register');
}

/** Indexes of the pages that the dirty bitmap names. */
function dirtyPages(container: number): number[] {
  const bitmap = pageAligned(8, 8);
  const get = structure(48, 1 << 2);
  get.writeBigUInt64LE(iova, 8);
  get.writeBigUInt64LE(BigInt(pages * pageSize), 16);
  get.writeBigUInt64LE(BigInt(pageSize), 24);
  get.writeBigUInt64LE(8n, 32);
  get.writeBigUInt64LE(bitmap.address, 40);
  ioctl(container, request.iommuDirtyPages, get, 'VFIO_IOMMU_DIRTY_PAGES GET_BITMAP');
  const bits = bitmap.bytes.readBigUInt64LE();
  return Array.from({ length: 64 }, (_, page) => page).filter((page) => ((bits >> BigInt(page)) & 1n) === 1n);
}

function openDevice(address: string): { readonly container: number; readonly device: number } {
  const container = open('/dev/vfio/vfio');
  const version = ioctl(container, request.getApiVersion, 0, 'VFIO_GET_API_VERSION');
  check('VFIO_GET_API_VERSION is 0', version === 0, version);
  const type1v2 = ioctl(container, request.checkExtension, 3, 'VFIO_CHECK_EXTENSION');
  check('VFIO_TYPE1v2_IOMMU is there', type1v2 === 1, type1v2);
  const group = open(`/dev/vfio/${basename(readlinkSync(`/sys/bus/pci/devices/${address}/iommu_group`))}`);
  const status = structure(8);
  ioctl(group, request.groupGetStatus, status, 'VFIO_GROUP_GET_STATUS');
  check('the group is viable', (status.readUInt32LE(4) & 1) === 1, `flags ${status.readUInt32LE(4)}`);
  const containerFd = Buffer.alloc(4);
  containerFd.writeInt32LE(container);
  ioctl(group, request.groupSetContainer, containerFd, 'VFIO_GROUP_SET_CONTAINER');
  ioctl(container, request.setIommu, 3, 'VFIO_SET_IOMMU');
  const device = ioctl(group, request.groupGetDeviceFd, Buffer.from(`${address}\0`), 'VFIO_GROUP_GET_DEVICE_FD');
  return { container, device };
}

function run(address: string): void {
  const { container, device } = openDevice(address);
  const info = structure(20);
  ioctl(device, request.deviceGetInfo, info, 'VFIO_DEVICE_GET_INFO');
  const [flags, regions, irqs] = [info.readUInt32LE(4), info.readUInt32LE(8), info.readUInt32LE(12)];
  check(
    'edu is a PCI device with 9 regions and 5 interrupts',
    (flags & 2) !== 0 && regions === 9 && irqs === 5,
    `flags ${flags}, ${regions} regions, ${irqs} interrupts`,
  );

  const memory = pageAligned(pages * pageSize, pageSize);
  const map = structure(32, 3);
  map.writeBigUInt64LE(memory.address, 8);
  map.writeBigUInt64LE(iova, 16);
  map.writeBigUInt64LE(BigInt(memory.bytes.length), 24);
  ioctl(container, request.iommuMapDma, map, 'VFIO_IOMMU_MAP_DMA');
  ioctl(container, request.iommuDirtyPages, structure(8, 1), 'VFIO_IOMMU_DIRTY_PAGES START');

  const config = regionOffset(device, 7);
  const bar0 = regionOffset(device, 0);
  pattern.copy(memory.bytes, 0);
  const target = 5;
  const arrived = (): Buffer => memory.bytes.subarray(target * pageSize, target * pageSize + pattern.length);
  setBusMaster(device, config, true);
  transfer(device, bar0, Number(iova), edu.buffer, edu.toEdu);
  setBusMaster(device, config, false);
  transfer(device, bar0, edu.buffer, Number(iova) + target * pageSize, edu.toRam);
  check(
    'without bus master nothing arrives',
    arrived().every((byte) => byte === 0),
    arrived().toString('hex'),
  );
  setBusMaster(device, config, true);
  transfer(device, bar0, edu.buffer, Number(iova) + target * pageSize, edu.toRam);
  check('the bytes that edu copied are in memory', arrived().equals(pattern), arrived().toString('latin1'));
  const dirty = dirtyPages(container);
  check('the dirty bitmap names the page that edu wrote', dirty.includes(target), `pages ${dirty.join(' ')}`);
  ioctl(container, request.iommuDirtyPages, structure(8, 2), 'VFIO_IOMMU_DIRTY_PAGES STOP');
  setBusMaster(device, config, false);
  const unmap = structure(24);
  unmap.writeBigUInt64LE(iova, 8);
  unmap.writeBigUInt64LE(BigInt(memory.bytes.length), 16);
  ioctl(container, request.iommuUnmapDma, unmap, 'VFIO_IOMMU_UNMAP_DMA');
  check(
    'everything was unmapped',
    unmap.readBigUInt64LE(16) === BigInt(memory.bytes.length),
    unmap.readBigUInt64LE(16),
  );
}

const address = process.argv[2] ?? '';
let error: string | undefined;
try {
  run(address);
} catch (thrown) {
  error = thrown instanceof Error ? thrown.message : String(thrown);
}
const passed = error === undefined && checks.every(({ held }) => held);
const kernel = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim();
console.log(
  JSON.stringify(
    { passed, device: address, node: process.version, koffi: koffiVersion(), kernel, checks, error },
    null,
    2,
  ),
);
process.exitCode = passed ? 0 : 1;
