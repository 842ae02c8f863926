/** How an executor was lost: what it was doing when it was last seen. */
import type { FlightRow } from '../host/flight-reader';

export interface FlightSummary {
  readonly inAccess: boolean;
  /** Of the last access. */
  readonly sequence: number;
  /** The last access, for people. */
  readonly what: string;
  readonly rows: readonly FlightRow[];
}

/** device: an access hung or killed the process (DEV-RESPONDS); trouble: the kit's, the machine's or somebody's else. */
export type Loss =
  | { readonly kind: 'device'; readonly message: string; readonly step: string; readonly flight: FlightSummary }
  | { readonly kind: 'trouble'; readonly message: string };

/** `pread of 8 bytes at 0x90000000008`, `ioctl 0x3b6f`. */
export function sayRow(row: FlightRow): string {
  if (row.call === 'ioctl') return `ioctl 0x${(row.request ?? 0).toString(16)}`;
  const where =
    row.offset === undefined
      ? row.at === undefined
        ? ''
        : ` at byte ${row.at} of a mapping`
      : ` at 0x${row.offset.toString(16)}`;
  return row.path === undefined ? `${row.call} of ${row.length} bytes${where}` : `open of ${row.path}`;
}
