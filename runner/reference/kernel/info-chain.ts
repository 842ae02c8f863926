import type { ByteOrder } from '../../abi/byte-order';

/** A capability before it has a place in a chain: its header's id and version, and what follows the header. */
export interface Capability {
  readonly id: number;
  readonly version: number;
  readonly body: Uint8Array;
}

/** Bytes of struct vfio_info_cap_header. */
export const CAPABILITY_HEADER_SIZE = 8;

/** The size a capability takes in the chain: rounded up to 8 bytes, as vfio_info_cap_add() does. */
export function capabilitySize(capability: Capability): number {
  return (CAPABILITY_HEADER_SIZE + capability.body.length + 7) & ~7;
}

export function chainSize(capabilities: readonly Capability[]): number {
  return capabilities.reduce((sum, capability) => sum + capabilitySize(capability), 0);
}

/** The chain's bytes for a place `start` bytes into the info structure; `next` counts from the start of that structure. */
export function encodeChain(capabilities: readonly Capability[], start: number, order: ByteOrder): Uint8Array {
  const bytes = new Uint8Array(chainSize(capabilities));
  const view = new DataView(bytes.buffer);
  const little = order === 'little';
  let at = 0;
  capabilities.forEach((capability, index) => {
    const size = capabilitySize(capability);
    view.setUint16(at, capability.id, little);
    view.setUint16(at + 2, capability.version, little);
    view.setUint32(at + 4, index + 1 < capabilities.length ? start + at + size : 0, little);
    bytes.set(capability.body, at + CAPABILITY_HEADER_SIZE);
    at += size;
  });
  return bytes;
}
