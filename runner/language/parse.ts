/** From text to a tree: strict YAML 1.2, core schema, and only what this language uses of it. */
import { type Document, isScalar, LineCounter, parseDocument } from 'yaml';
import type { Complaints } from './complaints';
import { guard, tooDeep } from './guard';
import { quote } from './suggest';
import { complainOfSyntax } from './syntax';
import type { Tree } from './tree';
import { buildTree } from './tree-builder';

/** The tree, or undefined when the text is not YAML that could be checked further. */
export function parse(complaints: Complaints): Tree | undefined {
  const { text } = complaints.source;
  if (!guard(complaints)) return undefined;
  const directive = /^%YAML[^\n]*/m.exec(text.slice(0, 4096));
  if (
    directive &&
    /^(\s*(#[^\n]*)?\n|%[^\n]*\n)*$/.test(text.slice(0, directive.index)) &&
    !/^%YAML[ \t]+1\.2[ \t\r]*$/.test(directive[0])
  ) {
    complaints.error(
      { start: directive.index, end: directive.index + directive[0].length },
      'yaml-version',
      `${quote(directive[0].trim())} asks for another version of YAML`,
      {
        cause: 'this language is YAML 1.2, where `on` and `yes` are text and 010 is not octal: remove this line',
      },
    );
  }
  const document = parseYaml(complaints);
  if (!document) return undefined;
  if (complainOfSyntax(complaints, [...document.errors, ...document.warnings])) return undefined;
  if (complaints.hasErrors) return undefined;
  const contents = document.contents;
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    complaints.error({ start: 0, end: 0 }, 'empty-file', 'the file is empty', {
      cause: 'a scenario begins with `scenario:`, a suite with `suite:`, a device profile with `device:`',
    });
    return undefined;
  }
  return buildTree(complaints, contents);
}

/** The guard keeps out what is known to be too deep for the parser; what it does not know is told all the same. */
function parseYaml(complaints: Complaints): Document.Parsed | undefined {
  try {
    return parseStrictly(complaints.source.text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    tooDeep(complaints, 0, 0);
    return undefined;
  }
}

function parseStrictly(text: string): Document.Parsed {
  return parseDocument(text, {
    lineCounter: new LineCounter(),
    intAsBigInt: true,
    schema: 'core',
    version: '1.2',
    prettyErrors: false,
    // Duplicates are looked for below: the parser's own search is quadratic.
    uniqueKeys: false,
    logLevel: 'error',
  });
}
