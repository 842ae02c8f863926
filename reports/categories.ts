/** Allure's categories: who has to do something about a case, and about which clause. */
import { BROKEN_CLAUSE_LABEL, CLAUSE_LABEL, OUTCOME_LABEL, type Outcome } from '../runner/jest/allure-labels';

/** A category rule of Allure 3; plain data, it goes to another process. */
export interface CategoryRule {
  readonly id: string;
  readonly name: string;
  /** `labels` values are regular expressions' sources. */
  readonly matchers: { readonly labels: Readonly<Record<string, string>> };
  readonly groupBy: readonly { readonly label: string }[];
  readonly groupByMessage: boolean;
  readonly expand?: boolean;
}

const NAMES: readonly (readonly [Outcome, string, by: string])[] = [
  ['driver broke a clause', 'The driver broke a clause', BROKEN_CLAUSE_LABEL],
  ['kernel broke a clause', 'The kernel broke a clause', BROKEN_CLAUSE_LABEL],
  ['no response', 'The device was lost: it did not respond, or took the process with it', BROKEN_CLAUSE_LABEL],
  ['kit or machine broke', 'The kit or the machine broke', CLAUSE_LABEL],
  ['waived', 'Waived by the device profile', CLAUSE_LABEL],
  ['warned', 'A should clause was not kept', CLAUSE_LABEL],
  ['not judged', 'Not judged: something is missing', CLAUSE_LABEL],
  ['not applicable', 'Not applicable to this device', CLAUSE_LABEL],
];

export const CATEGORIES: readonly CategoryRule[] = NAMES.map(([outcome, name, by], index) => ({
  id: outcome.replaceAll(' ', '-'),
  name,
  matchers: { labels: { [OUTCOME_LABEL]: `^${outcome}$` } },
  groupBy: [{ label: by }],
  groupByMessage: false,
  ...(index < 4 ? { expand: true } : {}),
}));
