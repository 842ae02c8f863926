/** A scenario file: checked once for each row of its matrix, complained of once. */
import { scenarioId } from './case-id';
import type { CheckedDocument } from './document';
import { followCases } from './follow';
import { type Matrix, NO_MATRIX, type Row, readMatrix } from './matrix';
import { fill } from './placeholders';
import type { Case, Scenario, Step } from './scenario';
import type { ScenarioFile } from './schemas';
import { StepReader } from './steps';
import { type Entry, entryOf, type MapTree, type Tree } from './tree';

/** Keys whose text is the same in all cases. */
const CONSTANT_KEYS: ReadonlySet<string> = new Set(['scenario', 'description', 'owner', 'severity']);

/** Steps of all cases together: what a large matrix over a long file runs into. */
const MAX_UNROLLED = 100_000;

/** The scenario; whether it is good is in the complaints. */
export function checkScenario(document: CheckedDocument, tree: Tree): Scenario | undefined {
  if (tree.kind !== 'map') {
    document.complain(tree.range, {
      code: 'wrong-type',
      message: 'a scenario is a map',
      cause: 'it begins with `scenario: NAME`',
    });
    return undefined;
  }
  const entry = entryOf(tree, 'matrix');
  const matrix: Matrix = entry ? readMatrix(entry, (range, problem) => document.complain(range, problem)) : NO_MATRIX;
  const used = new Set<string>();
  const files: Array<{ row: Row; file: ScenarioFile }> = [];
  // A wrong matrix gives no rows; the rest of the file is still looked over once, with its placeholders left alone.
  const rows = matrix.rows.length > 0 ? matrix.rows : NO_MATRIX.rows;
  if (rows.length * count(tree) > MAX_UNROLLED && entry) {
    document.complain(entry.keyRange, {
      code: 'too-many',
      message: `this matrix makes ${rows.length} cases of a long scenario`,
      cause: 'make two scenarios of it',
    });
    return undefined;
  }
  for (const row of rows) {
    const filled = fillScenario(document, tree, row, matrix, used);
    const file = readScenarioFile(document, filled);
    if (file) files.push({ row, file });
  }
  document.flush(matrix.axes);
  for (const [name, { range }] of matrix.axes) {
    if (!document.hasErrors && !used.has(name)) {
      document.complaints.warning(range, 'unused-value', `no step uses \${${name}}`, {
        cause: 'every value of it makes a case that does the same as the others',
      });
    }
  }
  followCases(
    document,
    files.map(({ file }) => ({ steps: file.steps ?? [], finallySteps: file.finally ?? [] })),
  );
  const first = files[0]?.file;
  if (!first || document.hasErrors) return undefined;
  const name = entryOf(tree, 'scenario');
  const position = document.complaints.position(name?.keyRange ?? tree.range);
  const { file } = document.complaints.source;
  const id = scenarioId(file);
  const shared = {
    file,
    position,
    ...(first.owner === undefined ? {} : { owner: first.owner }),
    ...(first.severity === undefined ? {} : { severity: first.severity }),
  };
  const cases = files.map(({ row, file: read }): Case => {
    const values = Object.entries(row.texts).map(([axis, text]) => `${axis}=${text}`);
    return {
      ...shared,
      id: `${id}${row.suffix}`,
      title: values.length > 0 ? `${read.scenario} [${values.join(', ')}]` : read.scenario,
      matrix: row.texts,
      scenarioName: read.scenario,
      clauses: read.clauses,
      needs: read.needs,
      tags: read.tags,
      steps: limited(read.steps, read.within),
      finallySteps: limited(read.finally ?? [], read.within),
    };
  });
  const union = (of: (one: Case) => readonly string[]) => [...new Set(cases.flatMap(of))];
  return {
    ...shared,
    name: first.scenario,
    ...(first.description === undefined ? {} : { description: first.description }),
    clauses: union((one) => one.clauses),
    needs: union((one) => one.needs),
    tags: union((one) => one.tags),
    cases,
  };
}

/** The scenario's own `within` holds for every step that says nothing itself. */
function limited(steps: readonly Step[], within: number | undefined): readonly Step[] {
  return within === undefined ? steps : steps.map((step) => ({ within, ...step }));
}

function readScenarioFile(document: CheckedDocument, tree: MapTree): ScenarioFile | undefined {
  const { vocabulary } = document.surroundings;
  const host = new StepReader(document);
  // What is missing in the whole file is told at its first line.
  const place = { name: 'the scenario', owner: tree.entries[0]?.keyRange ?? tree.range };
  const read = document.read(vocabulary.documents.scenario, vocabulary.validator('scenario'), tree, place, host);
  return read === undefined ? undefined : (read as ScenarioFile);
}

function fillScenario(document: CheckedDocument, tree: MapTree, row: Row, matrix: Matrix, used: Set<string>): MapTree {
  const filling = {
    values: row.values,
    unknown: matrix.rows.length > 0 ? new Set<string>() : ('all' as const),
    from: 'the matrix',
    none: `a matrix gives placeholders their values, as in "matrix: {to: [stop, running]}"`,
    complain: document.complain.bind(document),
    used: (name: string) => void used.add(name),
  };
  const entries = tree.entries.map((entry): Entry => {
    if (entry.key === 'matrix') return entry;
    if (!CONSTANT_KEYS.has(entry.key)) return { ...entry, value: fill(entry.value, filling) };
    if (entry.value.kind === 'scalar' && /\$\{[a-z][a-z0-9-]*\}/.test(entry.value.text)) {
      document.complain(entry.value.range, {
        code: 'bad-placeholder',
        message: `\`${entry.key}\` holds no placeholders`,
        cause: 'it is the same for all cases; the values of a case stand behind its name anyway',
      });
    }
    return entry;
  });
  return { ...tree, entries };
}

function count(tree: Tree): number {
  if (tree.kind === 'scalar') return 1;
  const inner = tree.kind === 'list' ? tree.items : tree.entries.map((entry) => entry.value);
  return inner.reduce((sum, one) => sum + count(one), 1);
}
