/** What is given is known as what was taken, however either of them is cut into pieces. */
import { Transaction } from '../../runner/oracles/transactions';

const SIZES = [1, 63, 64, 512, 4096, 4097, 16384, 16424, 20480, 21000, 65536, 100_003, 300_000];

function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (Math.imul(at, 2_654_435_761) >>> 13) & 0xff);
}

function digest(bytes: Uint8Array, piece: number): string {
  const transaction = new Transaction();
  for (let at = 0; at < bytes.length; at += piece) transaction.add(BigInt(at), bytes.subarray(at, at + piece));
  return transaction.digest();
}

test.each(SIZES)('%i bytes in pieces of any size', (size) => {
  const bytes = bytesOf(size);
  const whole = digest(bytes, size);
  const smallest = Math.max(1, Math.floor(size / 1000));
  for (const piece of [smallest, 7, 512, 4095, 4096, 5000, 16384, 16385, 40_000].filter((one) => one >= smallest))
    expect(`${piece}: ${digest(bytes, piece)}`).toBe(`${piece}: ${whole}`);
});

test.each([0, 4095, 4096, 4607, 20_480, 20_991, 36_864, 299_999])('byte %i of 300000 counts', (at) => {
  const bytes = bytesOf(300_000);
  const other = bytes.slice();
  other[at] = (other[at] ?? 0) ^ 1;
  expect(digest(other, 300_000)).not.toBe(digest(bytes, 300_000));
});
