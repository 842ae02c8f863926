/** SaveWatch: pending_bytes and the sizes of the buffers while a device is in one saving state (header diff, lines 199-225). */
import type { SaveCourse } from './course';

/** More are joined two by two. */
const POINTS_KEPT = 256;

export class SaveWatch {
  private points: [number, number, number][] = [];
  private buffers = 0;
  private bytes = 0;
  private endMs: number;
  private joined = false;
  /** data_size was read since pending_bytes was: a scenario may read it again. */
  private sized = false;

  constructor(
    private readonly side: string,
    private readonly phase: SaveCourse['phase'],
    private readonly startMs: number,
  ) {
    this.endMs = startMs;
  }

  pending(atMs: number, pending: number): void {
    this.endMs = atMs;
    // A read that only repeats what is known is no step of the save.
    if (!this.sized && this.points.at(-1)?.[1] === pending) return;
    this.points.push([atMs, pending, 0]);
    this.sized = false;
    if (this.points.length > POINTS_KEPT) this.join();
  }

  size(size: number): void {
    const last = this.points.at(-1);
    if (!last || this.sized) return;
    this.sized = true;
    last[2] += size;
    this.buffers += 1;
    this.bytes += size;
  }

  /** Undefined where pending_bytes was never read. */
  course(): SaveCourse | undefined {
    const { side, phase, startMs, endMs, buffers, bytes, points, joined } = this;
    if (points.length === 0) return undefined;
    return { side, phase, startMs, endMs, buffers, bytes, points, ...(joined ? { joined } : {}) };
  }

  private join(): void {
    const last = this.points.pop();
    this.points = this.points.flatMap((point, n) => {
      const next = this.points[n + 1];
      return n % 2 === 0 ? [[point[0], point[1], point[2] + (next?.[2] ?? 0)] as [number, number, number]] : [];
    });
    if (last) this.points.push(last);
    this.joined = true;
  }
}
