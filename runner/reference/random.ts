// Looking a global up is slow inside Jest's sandbox, and this is the inner loop of large states.
const { imul } = Math;

/** A seeded 32-bit generator (mulberry32): the same seed always gives the same bytes. */
export class SeededRandom {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** The next unsigned 32-bit number. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let value = this.state;
    value = imul(value ^ (value >>> 15), value | 1);
    value ^= value + imul(value ^ (value >>> 7), value | 61);
    return (value ^ (value >>> 14)) >>> 0;
  }

  fill(bytes: Uint8Array): void {
    const whole = bytes.length & ~3;
    for (let at = 0; at < whole; at += 4) {
      const value = this.next();
      bytes[at] = value;
      bytes[at + 1] = value >>> 8;
      bytes[at + 2] = value >>> 16;
      bytes[at + 3] = value >>> 24;
    }
    for (let at = whole; at < bytes.length; at++) bytes[at] = this.next();
  }
}
