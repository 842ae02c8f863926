import { crc32 } from '../crc32';

/** What a packet of the migration stream carries. */
export const PACKET = { identity: 1, blocks: 2, registers: 3, end: 4 } as const;
export type PacketKind = (typeof PACKET)[keyof typeof PACKET];

/**
 * One packet: one transaction of the migration region. The stream is opaque to the user; it is little endian on every host, so that it says
 * nothing about the order of the host's words.
 */
export interface Packet {
  readonly kind: PacketKind;
  /** Chosen anew for each save: packets of two saves do not mix. */
  readonly stream: number;
  /** Counts the phases of one save: a new one begins when the state changes. */
  readonly epoch: number;
  /** Counts the packets of one epoch from 0. */
  readonly sequence: number;
  /** How many packets of the epoch before were surely taken; one more may have been. */
  readonly takenBefore: number;
  /** Of internal memory, for `blocks`. */
  readonly address: number;
  readonly payload: Uint8Array;
}

const MAGIC = 0x52464d53;
const VERSION = 1;
export const PACKET_HEADER_SIZE = 40;
const CHECKSUM_AT = 36;

export function encodePacket(packet: Packet): Uint8Array {
  const bytes = new Uint8Array(PACKET_HEADER_SIZE + packet.payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, VERSION, true);
  view.setUint16(6, packet.kind, true);
  view.setUint32(8, packet.stream, true);
  view.setUint32(12, packet.epoch, true);
  view.setUint32(16, packet.sequence, true);
  view.setUint32(20, packet.takenBefore, true);
  view.setUint32(24, packet.address, true);
  view.setUint32(28, packet.payload.length, true);
  bytes.set(packet.payload, PACKET_HEADER_SIZE);
  view.setUint32(CHECKSUM_AT, checksum(bytes), true);
  return bytes;
}

/** The packet, or why it is none; its payload is a part of `bytes`. Nothing in the bytes is believed before the checksum has been. */
export function decodePacket(bytes: Uint8Array): Packet | { readonly problem: string } {
  if (bytes.length < PACKET_HEADER_SIZE) return { problem: 'shorter than a header' };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) return { problem: 'foreign' };
  if (view.getUint16(4, true) !== VERSION) return { problem: 'another version' };
  if (view.getUint32(28, true) !== bytes.length - PACKET_HEADER_SIZE) return { problem: 'another length' };
  if (view.getUint32(CHECKSUM_AT, true) !== checksum(bytes)) return { problem: 'corrupt' };
  const kind = view.getUint16(6, true);
  if (!isPacketKind(kind)) return { problem: 'unknown kind' };
  return {
    kind,
    stream: view.getUint32(8, true),
    epoch: view.getUint32(12, true),
    sequence: view.getUint32(16, true),
    takenBefore: view.getUint32(20, true),
    address: view.getUint32(24, true),
    payload: bytes.subarray(PACKET_HEADER_SIZE),
  };
}

/** The length that a packet's header says it has, header included. */
export function packetLength(header: Uint8Array): number {
  return PACKET_HEADER_SIZE + new DataView(header.buffer, header.byteOffset, header.byteLength).getUint32(28, true);
}

/** A copy with a checksum that fits, after a change of its payload: what a driver without checksums would take. */
export function resealPacket(bytes: Uint8Array, change: (kind: number, payload: DataView) => void): Uint8Array {
  const copy = bytes.slice();
  if (copy.length < PACKET_HEADER_SIZE) return copy;
  const view = new DataView(copy.buffer);
  change(view.getUint16(6, true), new DataView(copy.buffer, PACKET_HEADER_SIZE));
  view.setUint32(CHECKSUM_AT, checksum(copy), true);
  return copy;
}

/** Of the whole packet with its checksum field left out. */
function checksum(bytes: Uint8Array): number {
  return crc32(bytes.subarray(PACKET_HEADER_SIZE), crc32(bytes.subarray(0, CHECKSUM_AT)));
}

function isPacketKind(kind: number): kind is PacketKind {
  return kind >= PACKET.identity && kind <= PACKET.end;
}
