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

/** How a child process ended, and what was last seen of it. */
export interface ExecutorEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The step that ran. */
  readonly step: string;
  /** Its standard error. */
  readonly said: string;
  readonly flight: FlightSummary | undefined;
  /** The device's memory is mapped in that process; behind an agent it is not, and a fault there comes back as an answer. */
  readonly mapsHere: boolean;
}

/** What an access to a mapping raises when the device or its driver refuses it: DEV-RESPONDS. Anybody may send the others, and these too. */
const RAISED_BY_MAPPINGS: readonly string[] = ['SIGSEGV', 'SIGBUS'];
/** Signals that a process raises by what it does, whoever it is. */
const CRASHES: readonly string[] = [...RAISED_BY_MAPPINGS, 'SIGILL', 'SIGFPE', 'SIGABRT', 'SIGTRAP', 'SIGSYS'];
const TOUCHES: readonly FlightRow['call'][] = ['load', 'store', 'peek', 'poke'];

/**
 * A signal is held against the device only where the access under way could have raised it: a load, store or copy in a mapped part of the
 * device. A system call that is given a bad address answers EFAULT, and memory of the process's own is no driver's.
 */
export function lossOfEnd({ code, signal, step, said, flight, mapsHere }: ExecutorEnd): Loss {
  const words = said.trim() === '' ? '' : `; it said: ${said.trim().split('\n').slice(-6).join(' | ')}`;
  if (signal === null) return { kind: 'trouble', message: `the executor ended with code ${code}${words}` };
  const open = flight?.inAccess ? flight : undefined;
  const row = open?.rows.at(-1);
  if (open && row?.inDevice && mapsHere && TOUCHES.includes(row.call) && RAISED_BY_MAPPINGS.includes(signal))
    return { kind: 'device', message: `${signal} in ${open.what}`, step, flight: open };
  if (!CRASHES.includes(signal))
    return { kind: 'trouble', message: `the executor was ended from outside with ${signal} during "${step}"` };
  return {
    kind: 'trouble',
    message: open
      ? `the executor was ended with ${signal} during "${step}", in ${open.what}, which cannot raise it: somebody sent it, or the kernel ended the process (dmesg tells)${words}`
      : `the executor crashed with ${signal} outside any access to the device${words}`,
  };
}
