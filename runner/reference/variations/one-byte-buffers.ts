import type { ReferenceDevice } from '../device/reference-device';
import { PACKET_HEADER_SIZE, packetLength } from '../device/stream-packet';
import { override } from '../override';

/**
 * Cuts each packet into buffers of one byte, and puts them together again on the resuming side. Only in stop-and-copy: in pre-copy a byte that was
 * read but not acknowledged could not be told from one that was not read.
 */
export function oneByteBuffers(device: ReferenceDevice): void {
  cutUp(device);
  putTogether(device);
}

function cutUp(device: ReferenceDevice): void {
  const { saving } = device;
  let position = 0;
  let announced = false;
  override(saving, 'begin', (original) => (phase) => {
    position = 0;
    announced = false;
    original(phase);
  });
  override(saving, 'next', (original) => () => (saving.active === 'pre-copy' ? undefined : original()));
  override(saving, 'bytesLeft', (original) => () => (saving.active === 'pre-copy' ? 0 : original() - position));
  override(saving, 'dataOffset', (original) => () => {
    const answer = original();
    announced = saving.buffer !== undefined;
    return typeof answer === 'bigint' ? answer + BigInt(position) : answer;
  });
  override(saving, 'dataSize', () => () => (announced ? 1n : 0n));
  override(saving, 'acknowledge', (original) => () => {
    if (!announced) return;
    announced = false;
    position++;
    if (position < (saving.buffer?.size ?? 0)) return;
    position = 0;
    original();
  });
}

function putTogether(device: ReferenceDevice): void {
  let gathered = new Uint8Array(2 * PACKET_HEADER_SIZE);
  let length = 0;
  override(device.resuming, 'begin', (original) => () => {
    length = 0;
    original();
  });
  override(device.resuming, 'consume', (original) => (bytes) => {
    if (length + bytes.length > gathered.length) {
      const larger = new Uint8Array(2 * (length + bytes.length));
      larger.set(gathered);
      gathered = larger;
    }
    gathered.set(bytes, length);
    length += bytes.length;
    if (length < PACKET_HEADER_SIZE || length < packetLength(gathered)) return 0;
    const packet = gathered.slice(0, length);
    length = 0;
    return original(packet);
  });
  override(device.resuming, 'finish', (original) => () => {
    const incomplete = length > 0;
    length = 0;
    // Zeros are no packet: a stream that ends within one is refused.
    if (incomplete) device.resuming.consume(new Uint8Array(PACKET_HEADER_SIZE));
    return original();
  });
}
