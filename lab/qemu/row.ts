/** One row of the second opinion: whether it is as it should be, and as a line for people. */
import type { OpinionRow } from './request';

/** The correct module arrives whole; and what QEMU shows of a fault, certification shows as well. */
export function judgeOpinion(row: Omit<OpinionRow, 'good' | 'remarks'>): Pick<OpinionRow, 'good' | 'remarks'> {
  const { fault, qemu, certification, breaks } = row;
  if (fault === 'none') {
    const good = qemu.verdict === 'clean';
    return { good, remarks: good ? [] : [`the correct module does not migrate: ${qemu.detail}`] };
  }
  const [primary] = breaks;
  if (certification === undefined || primary === undefined || certification.includes(primary))
    return { good: true, remarks: [] };
  return { good: false, remarks: [`certification does not report ${primary}, and QEMU says: ${qemu.verdict}`] };
}

export function sayOpinion({ fault, layout, qemu, certification, good, remarks }: OpinionRow): string {
  const certified = certification === undefined ? '' : `; certification: ${certification.join(' ') || 'nothing'}`;
  const name = fault === 'none' ? 'correct module' : fault;
  const head = `${good ? 'ok  ' : 'FAIL'} QEMU, ${name} (${layout}): ${qemu.verdict} (${qemu.detail})${certified}, ${qemu.seconds.toFixed(1)} s`;
  return [head, ...remarks.map((remark) => `       ${remark}`)].join('\n');
}
