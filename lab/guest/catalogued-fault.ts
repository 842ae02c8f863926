/** A fault of the module as the kit's own catalogue of faults knows it. */
import type { CaseResult } from '../../runner/execution/case-result';
import { PECULIARITIES } from '../../runner/reference/registry';
import type { ModuleFault } from './mediated-device';

/** The same fault of the reference device says which clauses break: a diagnosis that differs between the two is wrong on one of them. */
export function asCatalogued(fault: ModuleFault): ModuleFault {
  const known = PECULIARITIES.get(fault.name);
  return known === undefined ? fault : { ...fault, breaks: known.breaks };
}

export function reportsClause(result: CaseResult, clause: string | undefined): boolean {
  return result.findings.some((finding) => finding.clause === clause && ['broken', 'warned'].includes(finding.verdict));
}
