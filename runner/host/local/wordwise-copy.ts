/**
 * Copies in aligned 32-bit accesses, with single bytes only before the first and after the last whole word.
 *
 * For device memory on machines other than x86: arm64 maps it so that an unaligned or a vector access, which any memcpy makes, is a
 * SIGBUS.
 */
const word = new Uint32Array(1);
const wordBytes = new Uint8Array(word.buffer);

/** The same memory as bytes and as words; it must start at a multiple of 4. */
export interface Words {
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;
}

/** Fills `into` from `device` at `at`. The caller has checked the range. */
export function copyOut(device: Words, at: number, into: Uint8Array): void {
  const { u8, u32 } = device;
  const end = at + into.length;
  let from = at;
  while (from < end) {
    if (from % 4 === 0 && end - from >= 4) {
      word[0] = u32[from / 4] ?? 0;
      into.set(wordBytes, from - at);
      from += 4;
    } else {
      into[from - at] = u8[from] ?? 0;
      from += 1;
    }
  }
}

/** Writes `from` to `device` at `at`. The caller has checked the range. */
export function copyIn(device: Words, at: number, from: Uint8Array): void {
  const { u8, u32 } = device;
  const end = at + from.length;
  let to = at;
  while (to < end) {
    if (to % 4 === 0 && end - to >= 4) {
      for (let n = 0; n < 4; n += 1) {
        wordBytes[n] = from[to - at + n] ?? 0;
      }
      u32[to / 4] = word[0] ?? 0;
      to += 4;
    } else {
      u8[to] = from[to - at] ?? 0;
      to += 1;
    }
  }
}
