/** What the kit's JSON must say of the zPCI device: an exit code of 0 is not taken for proof. */

export interface Judged {
  /** 0, 1 non-conformant, 3 broken. */
  readonly code: number;
  readonly lines: readonly string[];
}

/** Clauses that this kernel's own bytes decide. */
export const KEPT = ['ZPCI-PRESENT', 'ZPCI-BASE', 'ZPCI-GROUP', 'ZPCI-PFIP', 'ZPCI-UNIQUE', 'ZPCI-STABLE'] as const;
/** QEMU gives a function no utility string. */
export const ABSENT = 'ZPCI-UTIL';
/** BASE, GROUP and PFIP of <linux/vfio.h>. */
const CAPABILITIES = [1, 2, 4] as const;

/** `inspect --json`: a big-endian host, and the capability chain, which is told decoded. */
export function judgeInspection(code: number, json: string): Judged {
  const report = parsed(json);
  const info = (report.info ?? {}) as { capabilities?: readonly Capability[] };
  const capabilities = info.capabilities ?? [];
  const host = (report.host ?? {}) as { architecture?: string; byteOrder?: string };
  const told = capabilities.flatMap(({ id, version, offset, decoded }) => [
    `capability ${id} version ${version} at ${offset}: ${decoded.join('; ')}`,
  ]);
  const problems = [
    ...(code === 0 ? [] : [`inspect ended with exit code ${code}`]),
    ...(host.architecture === 's390x' && host.byteOrder === 'big'
      ? []
      : [`the host is ${host.architecture}, ${host.byteOrder}-endian`]),
    ...CAPABILITIES.filter((wanted) => !capabilities.some(({ id }) => id === wanted)).map(
      (wanted) => `capability ${wanted} is not in the chain`,
    ),
  ];
  return { code: problems.length === 0 ? 0 : 3, lines: [...told, ...problems] };
}

/** `run --json`. */
export function judgeRun(code: number, json: string): Judged {
  const record = parsed(json);
  const clauses = (Array.isArray(record.clauses) ? record.clauses : []) as readonly Clause[];
  const find = (id: string): Clause | undefined => clauses.find((clause) => clause.id === id);
  const problems = [
    ...(record.verdict === 'conformant' ? [] : [`the verdict is ${String(record.verdict)}`]),
    ...KEPT.filter((id) => find(id)?.verdict !== 'kept').map(
      (id) => `${id} is ${find(id)?.verdict ?? 'missing'}, not kept`,
    ),
    ...(find(ABSENT)?.verdict === 'not-applicable' ? [] : [`${ABSENT} is ${find(ABSENT)?.verdict ?? 'missing'}`]),
  ];
  const kept = clauses.filter(({ verdict }) => verdict === 'kept').length;
  const absent = find(ABSENT);
  const lines = [
    `${String(record.verdict)}: ${kept} clauses kept, among them ${KEPT.filter((id) => find(id)?.verdict === 'kept').join(', ') || 'none of zPCI'}`,
    `${ABSENT}: ${absent?.verdict ?? 'missing'}${absent?.reason === undefined ? '' : `, ${absent.reason}`}`,
    ...problems,
  ];
  const own = code > 3 ? 3 : code;
  return { code: problems.length > 0 && own === 0 ? 3 : own, lines };
}

interface Capability {
  readonly id: number;
  readonly version: number;
  readonly offset: number;
  readonly decoded: readonly string[];
}

interface Clause {
  readonly id: string;
  readonly verdict: string;
  readonly reason?: string;
}

function parsed(json: string): Record<string, unknown> {
  try {
    return JSON.parse(json) as Record<string, unknown>;
  } catch {
    return {};
  }
}
