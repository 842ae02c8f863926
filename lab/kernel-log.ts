/** Looks through a guest's kernel messages for what must not happen while a driver is certified: an oops, a warning, a lock-up, a taint. */

export interface KernelFinding {
  readonly kind: 'panic' | 'oops' | 'bug' | 'warning' | 'lockup' | 'leak' | 'taint';
  /** The line that says so. */
  readonly line: string;
  /** That line and what belongs to it (the driver's message, the call trace; no registers), at most 40 lines. */
  readonly quote: readonly string[];
}

const patterns: readonly (readonly [KernelFinding['kind'], RegExp])[] = [
  ['panic', /Kernel panic - not syncing/],
  [
    'oops',
    /\bOops:|BUG: unable to handle|BUG: kernel NULL pointer|general protection fault|\binvalid opcode: \d|stack segment: \d|kernel stack overflow|double fault: \d|divide error: \d/,
  ],
  ['lockup', /soft lockup|hard LOCKUP|blocked for more than \d+ seconds|rcu_\w+ (self-)?detected (expedited )?stall/],
  [
    'bug',
    /kernel BUG at|\bBUG: |UBSAN: |list_(add|del) corruption|Bad page state|refcount_t: |KASAN: |KFENCE: |DEBUG_LOCKS_WARN_ON|possible circular locking/,
  ],
  ['warning', /WARNING: CPU: \d+|WARNING: .* at /],
  ['leak', /[Oo]bjects remaining (in|on) /],
];

const quoteLimit = 40;
/** Between the cut-here line and the line that names the problem stands at most the driver's own message. */
const cutHereDistance = 3;

function kindOf(line: string): KernelFinding['kind'] | undefined {
  return patterns.find(([, pattern]) => pattern.test(line))?.[0];
}

/** The message without its time stamp. */
function messageOf(line: string): string {
  return line.replace(/^\[\s*\d+\.\d+\]\s?(\[\s*[TC]\d+\]\s?)?/, '');
}

/** Lines that follow the first one of a report: where it happened, registers, the call trace, the module list. */
function belongsToReport(message: string): boolean {
  return /^(#PF:|PGD |Oops: |CPU: |Hardware name|RIP: |Code: |[A-Z][A-Z0-9]{1,2}: |Call Trace|\s+|Modules linked in|Tainted: |Workqueue: |PKRU|Kernel Offset|---\[)/.test(
    message,
  );
}

/** Register contents and code bytes: of use with the full log at hand, not in a quote. */
function isRegisterDump(message: string): boolean {
  return /^(Code: |PKRU|FS: |CS: |[RDC][A-Z0-9]{1,2}: (?!0010:|0033:))/.test(message) && !message.startsWith('CPU: ');
}

/** The start of the report whose naming line is `lines[at]`: its cut-here line where there is one. */
function reportStart(lines: readonly string[], at: number, notBefore: number): number {
  for (let i = at - 1; i >= Math.max(notBefore, at - cutHereDistance); i -= 1) {
    if (/-\[ cut here \]-/.test(lines[i] ?? '')) return i;
  }
  return at;
}

/** The line after the last one of the report that is named by `lines[at]`. */
function reportEnd(lines: readonly string[], at: number): number {
  let end = at + 1;
  while (end < lines.length) {
    const message = messageOf(lines[end] ?? '');
    if (/^---\[ end /.test(message)) return end + 1;
    if (message === '' || !belongsToReport(message)) return end;
    end += 1;
  }
  return end;
}

/** Findings in the order of the log. The lines of one report, up to its end-of-trace line, are one finding. */
export function scanKernelLog(text: string): KernelFinding[] {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const findings: KernelFinding[] = [];
  for (let at = 0, done = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const kind = kindOf(line);
    if (kind === undefined) continue;
    const end = reportEnd(lines, at);
    const report = lines.slice(reportStart(lines, at, done), end);
    findings.push({ kind, line, quote: report.filter((l) => !isRegisterDump(messageOf(l))).slice(0, quoteLimit) });
    done = end;
    at = end - 1;
  }
  return findings;
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
