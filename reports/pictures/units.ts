/** Numbers as people read them. */

/** `0.33 ms`, `82.5 ms`, `1.2 s`. */
export function sayTime(milliseconds: number): string {
  if (milliseconds >= 10_000) return `${three(milliseconds / 1000)} s`;
  if (milliseconds >= 1000) return `${three(milliseconds / 1000)} s`;
  if (milliseconds >= 0.1 || milliseconds === 0) return `${three(milliseconds)} ms`;
  return `${three(milliseconds * 1000)} µs`;
}

/** `48 B`, `64.3 KiB`. */
export function sayBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${three(value)} ${units[unit]}`;
}

/** `99.5 %`. */
export function sayShare(share: number): string {
  return `${three(share * 100)} %`;
}

/** Three digits are enough to compare by eye. */
export function three(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 10_000 ? String(value) : String(Number(value.toPrecision(3)));
}

export function counted(count: number, thing: string): string {
  return `${count} ${count === 1 ? thing : `${thing}s`}`;
}

/** A unit for an axis that spans so many milliseconds. */
export function timeUnit(spanMs: number): { readonly unit: string; readonly perMs: number } {
  if (spanMs >= 5000) return { unit: 's', perMs: 0.001 };
  return spanMs >= 2 ? { unit: 'ms', perMs: 1 } : { unit: 'µs', perMs: 1000 };
}
