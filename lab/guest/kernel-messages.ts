/** What the kernel says between two looks: /dev/kmsg, and its taint. Runs in the guest. */
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { type KernelFinding, newTaints, scanKernelLog } from '../kernel-log';

/** More than the longest record (PRINTK_MESSAGE_MAX is 2 KiB): a smaller buffer fails with EINVAL. */
const recordBytes = 8192;
/** Records that one look takes at most: the kernel may go on speaking for ever. */
const most = 20_000;

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

export class KernelMessages {
  private readonly descriptor = openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK);
  private taint = readTaint();

  /** Starts at what is said from now on. */
  constructor() {
    this.lines();
  }

  /** Complaints since the last look. */
  look(): readonly KernelFinding[] {
    const findings = scanKernelLog(this.lines().join('\n'));
    const before = this.taint;
    this.taint = readTaint();
    const taints = newTaints(before, this.taint).map((line): KernelFinding => ({ kind: 'taint', line, quote: [line] }));
    return [...findings, ...taints];
  }

  close(): void {
    closeSync(this.descriptor);
  }

  private lines(): string[] {
    const lines: string[] = [];
    const buffer = Buffer.alloc(recordBytes);
    for (let count = 0; count < most; count += 1) {
      try {
        const length = readSync(this.descriptor, buffer);
        if (length === 0) break;
        lines.push(messageOf(buffer.toString('utf8', 0, length)));
      } catch (error) {
        // EPIPE: records were overwritten before they could be read; the next read goes on behind the gap.
        if (errorCode(error) === 'EPIPE') continue;
        if (errorCode(error) === 'EAGAIN') break;
        throw error;
      }
    }
    return lines;
  }
}

/** `6,339,5140900,-;message`, with further lines of `KEY=value`: the message, with its time as dmesg shows it. */
function messageOf(record: string): string {
  const [first = ''] = record.split('\n');
  const [, microseconds = '0', message = first] = /^[^,;]*,[^,;]*,(\d+)[^;]*;(.*)$/.exec(first) ?? [];
  return `[${(Number(microseconds) / 1e6).toFixed(6).padStart(12)}] ${message}`;
}

function readTaint(): number {
  return Number.parseInt(readFileSync('/proc/sys/kernel/tainted', 'utf8'), 10);
}
