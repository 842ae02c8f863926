/** Something that an interrupt is sent to: an eventfd. */
export interface Signal {
  signal(): void;
}

/** The eventfds that the user attached, by IRQ index and vector; INTx masks itself when it fires. */
export class InterruptLines {
  private readonly vectors = new Map<number, (Signal | undefined)[]>();
  private masked = false;
  private pendingWhileMasked = false;

  constructor(private readonly automasked: number | undefined) {}

  attach(index: number, vectors: (Signal | undefined)[]): void {
    this.vectors.set(index, vectors);
  }

  detach(index: number): void {
    this.vectors.delete(index);
    if (index === this.automasked) this.unmaskQuietly();
  }

  attached(index: number): (Signal | undefined)[] | undefined {
    return this.vectors.get(index);
  }

  /** Signals one vector of an index; false when nobody listens. */
  signal(index: number, vector: number): boolean {
    const target = this.vectors.get(index)?.[vector];
    if (target === undefined) return false;
    if (index === this.automasked) {
      if (this.masked) {
        this.pendingWhileMasked = true;
        return true;
      }
      this.masked = true;
    }
    target.signal();
    return true;
  }

  setMasked(masked: boolean): void {
    this.masked = masked;
    if (masked || !this.pendingWhileMasked || this.automasked === undefined) return;
    this.pendingWhileMasked = false;
    this.signal(this.automasked, 0);
  }

  clear(): void {
    this.vectors.clear();
    this.unmaskQuietly();
  }

  private unmaskQuietly(): void {
    this.masked = false;
    this.pendingWhileMasked = false;
  }
}
