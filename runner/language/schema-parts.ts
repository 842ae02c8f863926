/** Parts that the schemas of several files share. */
import { Type } from '@sinclair/typebox';
import type { Tree } from './tree';

/** Kept as a tree: the matrix is read before the rest, the templates of a profile after it. */
export function Opaque(schema: Record<string, unknown>) {
  return Type.Unsafe<Tree>({ ...schema, 'x-kind': 'opaque' });
}

/** A name on one line. */
export const name = (description: string) =>
  Type.Unsafe<string>({
    type: 'string',
    minLength: 1,
    maxLength: 120,
    pattern: '^[^\\n\\r]+$',
    patternErrorMessage: 'a name is one line',
    description,
    'x-kind': 'text',
  });
