/** What is wrong with one value, in words for people. */
import { quote } from './suggest';
import type { ScalarTree } from './tree';

export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly cause?: string;
  readonly suggestion?: string;
}

export type Lowered = { readonly value: unknown } | { readonly problem: Problem };

export function bad(
  code: string,
  message: string,
  advice: { cause?: string; suggestion?: string | undefined } = {},
): Lowered {
  const { cause, suggestion } = advice;
  return {
    problem: { code, message, ...(cause ? { cause } : {}), ...(suggestion === undefined ? {} : { suggestion }) },
  };
}

/** The scalar as a message shows it. */
export function shown(scalar: ScalarTree): string {
  if (scalar.value === null) return 'nothing';
  return typeof scalar.value === 'string' ? quote(scalar.value) : scalar.text;
}
