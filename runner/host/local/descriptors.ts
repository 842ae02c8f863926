/**
 * The descriptors that a LocalHost opened. It uses no others: the process has files of its own (the event loop's, a channel to its
 * parent), and a stale number must not reach one of them.
 */
export type DescriptorKind = 'container' | 'group' | 'device' | 'other';

export class Descriptors {
  readonly #kinds = new Map<number, DescriptorKind>();

  add(fd: number, kind: DescriptorKind): void {
    this.#kinds.set(fd, kind);
  }

  has(fd: number): boolean {
    return this.#kinds.has(fd);
  }

  kind(fd: number): DescriptorKind | undefined {
    return this.#kinds.get(fd);
  }

  remove(fd: number): boolean {
    return this.#kinds.delete(fd);
  }

  /** The one opened last comes first, so that a device is closed before its group, and that before its container. */
  newestFirst(): readonly number[] {
    return [...this.#kinds.keys()].reverse();
  }
}

/** Which ioctls a file answers: numbers mean different things on a container and on a device. */
export function kindOfPath(path: string): DescriptorKind {
  if (path === '/dev/vfio/vfio') {
    return 'container';
  }
  if (/^\/dev\/vfio\/(noiommu-)?\d+$/.test(path)) {
    return 'group';
  }
  return /^\/dev\/vfio\/devices\/[^/]+$/.test(path) ? 'device' : 'other';
}
