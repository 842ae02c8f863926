import type { ReferenceDevice } from '../device/reference-device';
import { PACKET_HEADER_SIZE, packetLength } from '../device/stream-packet';
import { override } from '../override';

/** Sizes of buffers, in turn: one byte, then primes. Neither they nor their sums keep to any unit. */
const SIZES = [1, 7, 2, 4093, 13, 61, 1021, 3, 251, 8191, 31, 509, 5, 2039, 127];
const ODD_PLACES = 50;

/** Cuts each packet into buffers of uneven sizes at odd places, and puts them together on the resuming side. Nothing comes in pre-copy. */
export function unevenBuffers(device: ReferenceDevice): void {
  cutUp(device);
  putTogether(device);
}

function cutUp(device: ReferenceDevice): void {
  const { saving, section } = device;
  let packet: Uint8Array = new Uint8Array(0);
  let position = 0;
  let number = 0;
  let announced: { offset: number; size: number } | undefined;
  override(saving, 'begin', (original) => (phase) => {
    position = 0;
    number = 0;
    announced = undefined;
    original(phase);
  });
  override(saving, 'next', (original) => () => (saving.active === 'pre-copy' ? undefined : original()));
  override(saving, 'bytesLeft', (original) => () => (saving.active === 'pre-copy' ? 0 : original() - position));
  override(saving, 'prepare', (original) => () => {
    original();
    if (saving.buffer !== undefined) packet = section.take(saving.buffer.offset, saving.buffer.size);
  });
  override(saving, 'dataOffset', (original) => () => {
    const answer = original();
    if (saving.buffer === undefined) return answer;
    if (announced === undefined) {
      const size = Math.min(SIZES[number % SIZES.length] ?? 1, packet.length - position);
      announced = { offset: saving.buffer.offset + 1 + 2 * (number % ODD_PLACES), size };
      section.put(announced.offset, packet.subarray(position, position + size));
    }
    return BigInt(announced.offset);
  });
  override(saving, 'dataSize', () => () => BigInt(announced?.size ?? 0));
  override(saving, 'acknowledge', (original) => () => {
    if (announced === undefined) return;
    position += announced.size;
    number++;
    announced = undefined;
    if (position < packet.length) return;
    position = 0;
    original();
  });
}

function putTogether(device: ReferenceDevice): void {
  let gathered: Buffer = Buffer.alloc(0);
  override(device.resuming, 'begin', (original) => () => {
    gathered = Buffer.alloc(0);
    original();
  });
  override(device.resuming, 'consume', (original) => (bytes) => {
    gathered = Buffer.concat([gathered, bytes]);
    if (gathered.length < PACKET_HEADER_SIZE || gathered.length < packetLength(gathered)) return 0;
    const packet = Uint8Array.from(gathered);
    gathered = Buffer.alloc(0);
    return original(packet);
  });
  override(device.resuming, 'finish', (original) => () => {
    const incomplete = gathered.length > 0;
    gathered = Buffer.alloc(0);
    // Zeros are no packet: a stream that ends within one is refused.
    if (incomplete) device.resuming.consume(new Uint8Array(PACKET_HEADER_SIZE));
    return original();
  });
}
