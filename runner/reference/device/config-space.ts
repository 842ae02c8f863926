import type { Access } from './region';

export const CONFIG_SIZE = 256;
export const VENDOR_ID = 0x1234;
export const DEVICE_ID = 0x5246;
const COMMAND = 0x04;
const BUS_MASTER = 1 << 2;
const BAR0 = 0x10;
const INTERRUPT_LINE = 0x3c;
const MSI_CAPABILITY = 0x40;
const EXPRESS_CAPABILITY = 0x60;

/** Conventional PCI configuration space, little endian on every host: identity, one memory BAR, MSI and PCI Express capabilities. */
export class ConfigSpace implements Access {
  private readonly view = new DataView(new ArrayBuffer(CONFIG_SIZE));
  /** Bits that a write changes. */
  private readonly writable = new DataView(new ArrayBuffer(CONFIG_SIZE));

  constructor(barSize: number) {
    this.writable.setUint16(COMMAND, 0x0447, true);
    this.writable.setUint32(BAR0, ~(barSize - 1) >>> 0, true);
    this.writable.setUint8(INTERRUPT_LINE, 0xff);
    this.writable.setUint16(MSI_CAPABILITY + 2, 0x0071, true);
    this.writable.setUint32(MSI_CAPABILITY + 4, 0xffff_fffc, true);
    this.writable.setUint32(MSI_CAPABILITY + 8, 0xffff_ffff, true);
    this.writable.setUint16(MSI_CAPABILITY + 12, 0xffff, true);
    this.reset();
  }

  get busMaster(): boolean {
    return (this.view.getUint16(COMMAND, true) & BUS_MASTER) !== 0;
  }

  reset(): void {
    new Uint8Array(this.view.buffer).fill(0);
    this.view.setUint16(0x00, VENDOR_ID, true);
    this.view.setUint16(0x02, DEVICE_ID, true);
    this.view.setUint16(0x06, 0x0010, true);
    this.view.setUint32(0x08, 0xff00_0001, true);
    this.view.setUint16(0x2c, VENDOR_ID, true);
    this.view.setUint16(0x2e, 0x0001, true);
    this.view.setUint8(0x34, MSI_CAPABILITY);
    this.view.setUint8(0x3d, 1);
    this.view.setUint16(MSI_CAPABILITY, 0x05 | (EXPRESS_CAPABILITY << 8), true);
    this.view.setUint16(MSI_CAPABILITY + 2, 0x0080, true);
    this.view.setUint16(EXPRESS_CAPABILITY, 0x10, true);
    this.view.setUint16(EXPRESS_CAPABILITY + 2, 0x0002, true);
  }

  read(offset: number, into: Uint8Array): number {
    for (let at = 0; at < into.length; at++) into[at] = this.view.getUint8(offset + at);
    return into.length;
  }

  write(offset: number, from: Uint8Array): number {
    from.forEach((byte, at) => {
      const mask = this.writable.getUint8(offset + at);
      const kept = this.view.getUint8(offset + at) & ~mask;
      this.view.setUint8(offset + at, kept | (byte & mask));
    });
    return from.length;
  }
}
