/** Looks through a guest's kernel messages for what must not happen while a driver is certified: an oops, a warning, a lock-up, a taint. */

export interface KernelFinding {
  readonly kind: 'panic' | 'oops' | 'bug' | 'warning' | 'lockup' | 'leak' | 'taint';
  /** The line that says so. */
  readonly line: string;
  /** That line and what belongs to it (registers, call trace), at most 40 lines. */
  readonly quote: readonly string[];
}

const patterns: readonly (readonly [KernelFinding['kind'], RegExp])[] = [
  ['panic', /Kernel panic - not syncing/],
  [
    'oops',
    /\bOops:|BUG: unable to handle|BUG: kernel NULL pointer|general protection fault|\binvalid opcode: \d|stack segment: \d|kernel stack overflow|double fault: \d|divide error: \d/,
  ],
  [
    'bug',
    /kernel BUG at|\bBUG: |UBSAN: |list_(add|del) corruption|Bad page state|refcount_t: |KASAN: |KFENCE: |DEBUG_LOCKS_WARN_ON|possible circular locking/,
  ],
  [
    'lockup',
    /soft lockup|hard LOCKUP|blocked for more than \d+ seconds|rcu: INFO: rcu_\w+ (self-)?detected|rcu_\w+ detected stalls/,
  ],
  ['warning', /WARNING: CPU: \d+|WARNING: .* at /],
  ['leak', /IOMMU.*leak|still has \d+ references|Slab .* has .* objects remaining|Objects remaining in/i],
];

const quoteLimit = 40;

function kindOf(line: string): KernelFinding['kind'] | undefined {
  return patterns.find(([, pattern]) => pattern.test(line))?.[0];
}

/** Findings in the order of the log. The lines of one report (up to its end-of-trace line) are one finding. */
export function scanKernelLog(text: string): KernelFinding[] {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const findings: KernelFinding[] = [];
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i] ?? '';
    const kind = kindOf(line);
    if (kind === undefined) continue;
    const quote = [line];
    // A cut-here line before it belongs to it.
    const previous = lines[i - 1];
    if (previous !== undefined && /cut here/.test(previous)) quote.unshift(previous);
    while (i + 1 < lines.length && quote.length < quoteLimit) {
      const next = lines[i + 1] ?? '';
      if (/---\[ end (trace|Kernel panic)/.test(next)) {
        quote.push(next);
        i += 1;
        break;
      }
      if (!belongsToReport(next)) break;
      quote.push(next);
      i += 1;
    }
    findings.push({ kind, line, quote });
  }
  return findings;
}

/** Registers, code bytes, the call trace and module list that follow the first line of a report. */
function belongsToReport(line: string): boolean {
  const text = line.replace(/^\[\s*\d+\.\d+\]\s*(\[\s*[TC]\d+\]\s*)?/, '');
  return (
    /^(#PF:|PGD |Oops: |CPU: |Hardware name|RIP: |Code: |R[A-Z0-9]{2}:|RSP: |FS: |CS: |CR\d: |DR\d: |PKRU|Call Trace|<\/?\w+>| ?\? ?\w|\w[\w.]*\+0x|Modules linked in|Tainted: |Workqueue: |ORIG_RAX|---\[|invalid opcode|Kernel Offset|INFO: |\w+ +state:|task:| |$)/.test(
      text,
    ) && text !== ''
  );
}

/** The kernel's taint flags by bit (Documentation/admin-guide/tainted-kernels.rst). */
const taintFlags = [
  'P proprietary module',
  'F module was force loaded',
  'S kernel running on an out of specification system',
  'R module was force unloaded',
  'M processor reported a machine check exception',
  'B bad page referenced or some unexpected page flags',
  'U taint requested by userspace application',
  'D kernel died recently, i.e. there was an OOPS or BUG',
  'A ACPI table overridden by user',
  'W kernel issued warning',
  'C staging driver was loaded',
  'I workaround for bug in platform firmware applied',
  'O externally-built ("out-of-tree") module was loaded',
  'E unsigned module was loaded',
  'L soft lockup occurred',
  'K kernel has been live patched',
  'X auxiliary taint, defined for and used by distros',
  'T kernel was built with the struct randomization plugin',
  'N an in-kernel test has been run',
] as const;

/** Out-of-tree and unsigned: every driver under development is that. */
const expectedTaint = (1 << 12) | (1 << 13);

/** The taints, named, that `after` has and `before` had not, but for those of an ordinary out-of-tree module. */
export function newTaints(before: number, after: number): string[] {
  const fresh = after & ~before & ~expectedTaint;
  const named: string[] = [];
  for (let bit = 0; bit < 31; bit += 1) {
    if ((fresh & (1 << bit)) !== 0) named.push(taintFlags[bit] ?? `bit ${bit}`);
  }
  return named;
}
