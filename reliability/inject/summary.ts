/** From the runs of an injection to the rows that tell of it. */
import type { Evidence, EvidenceRow } from '../evidence';
import type { RunReport } from './certification';
import { KINDS, type Kind } from './injection';
import type { WholeReport } from './whole-run';

const PROMISE: Readonly<Record<Kind, string>> = {
  transparent: 'every case, clause and verdict came out as without them',
  host: 'every case that was hit is broken, and nothing is held against the device',
  driver: 'no run that was not conformant became so',
};
const MEANS: Readonly<Record<Kind, string>> = {
  transparent: 'EINTR, delays, short transfers',
  host: 'ENOMEM, EMFILE, ENFILE, ENOSPC, a lost connection',
  driver: "a driver's errno, short or garbled answers, SIGBUS, hangs",
};

export function injectionEvidence(
  runs: readonly RunReport[],
  whole: readonly WholeReport[],
  { command, seconds, day }: Pick<Evidence, 'command' | 'seconds' | 'day'>,
): Evidence {
  return {
    name: 'inject',
    title: 'Faults on purpose',
    command,
    day,
    seconds,
    rows: [
      ...KINDS.flatMap((kind) => portRow(kind, runs)),
      ...(['transparent', 'host'] as const).flatMap((kind) => wholeRow(kind, whole)),
    ],
  };
}

export function injectedIn(runs: readonly { readonly injected: number }[]): number {
  return runs.reduce((sum, { injected }) => sum + injected, 0);
}

export function violationsIn(runs: readonly { readonly violations: readonly string[] }[]): readonly string[] {
  return runs.flatMap(({ violations }) => violations);
}

function portRow(kind: Kind, runs: readonly RunReport[]): EvidenceRow[] {
  const mine = runs.filter((run) => run.kind === kind);
  if (mine.length === 0) return [];
  const devices = new Set(mine.map(({ device }) => device)).size;
  const hit = mine.reduce((sum, run) => sum + run.hit, 0);
  return [
    {
      tried: `${MEANS[kind]}: at any call of the port, in ${mine.length} certifications of ${devices} devices`,
      times: injectedIn(mine),
      happened: verdict(mine, `${hit} cases were hit; ${PROMISE[kind]}`),
      ok: violationsIn(mine).length === 0,
    },
  ];
}

function wholeRow(kind: 'transparent' | 'host', whole: readonly WholeReport[]): EvidenceRow[] {
  const mine = whole.filter((run) => run.kind === kind);
  if (mine.length === 0) return [];
  const codes = [...new Set(mine.map(({ exit }) => String(exit)))].sort().join(' and ');
  const files = kind === 'transparent' ? 'slow disks, short writes' : 'ENOSPC, EIO, EDQUOT, EMFILE, half a file';
  return [
    {
      tried: `${files} under the results, and the same at the port, in ${mine.length} whole runs of the command`,
      times: injectedIn(mine),
      happened: verdict(
        mine,
        `exit code ${codes}, the record says the same, no stack trace, no process and no half file left`,
      ),
      ok: violationsIn(mine).length === 0,
    },
  ];
}

function verdict(runs: readonly { readonly violations: readonly string[] }[], well: string): string {
  const violations = violationsIn(runs);
  return violations.length === 0
    ? well
    : `${violations.length} violations, the first: ${violations[0]?.slice(0, 300) ?? ''}`;
}
