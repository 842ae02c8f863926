/** The lines of a YAML file around a position, with a caret: in the report the file itself is not at hand. */
import fs from 'node:fs';
import type { SourcePosition } from '../language/scenario';

/** Plain text; empty when the file cannot be read any more. */
export function yamlFrame({ file, line, column }: SourcePosition): string {
  let source: string;
  try {
    source = fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
  // Needed for failures only, and it takes 10 ms to load.
  const { codeFrameColumns } = require('@babel/code-frame') as typeof import('@babel/code-frame');
  return codeFrameColumns(source, { start: { line, column } }, { highlightCode: false, linesAbove: 3, linesBelow: 3 });
}
