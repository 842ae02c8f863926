/** One file while it is checked: complaints, the vocabulary, the catalogue, and the values that a matrix put in. */

import path from 'node:path';
import type { Complaints } from './complaints';
import { Course } from './course';
import type { JsonSchema } from './json-schema';
import type { Problem } from './problem';
import { type Place, Reader, type ReaderHost } from './reader';
import type { Clause, ClauseId } from './scenario';
import type { TextRange } from './source';
import { nearest, quote } from './suggest';
import { type FilledFrom, type ScalarTree, type Tree, toPlain } from './tree';
import type { Validator, Vocabulary } from './vocabulary';

/** What a file is checked against. */
export interface Surroundings {
  readonly vocabulary: Vocabulary;
  /** Absent where the catalogue itself is read. */
  readonly clauses?: ReadonlyMap<ClauseId, Clause>;
}

interface FilledProblem {
  readonly range: TextRange;
  readonly problem: Problem;
  readonly from: FilledFrom;
}

/** A placeholder without a value has no form yet. */
function holdsUnknown(tree: Tree): boolean {
  if (tree.kind === 'scalar') return tree.unknown === true;
  return (tree.kind === 'list' ? tree.items : tree.entries.map((entry) => entry.value)).some(holdsUnknown);
}

export class CheckedDocument {
  private readonly filled: FilledProblem[] = [];
  /** Something wrong with a value of the file that uses this one, and told there. */
  private toldThere = false;
  readonly course: Course;

  constructor(
    readonly complaints: Complaints,
    readonly surroundings: Surroundings,
    /** For a file of shared steps: who uses it, and where that is written there. */
    readonly user?: { readonly document: CheckedDocument; readonly range: TextRange },
  ) {
    this.course = user?.document.course ?? new Course();
  }

  complain(range: TextRange, problem: Problem, scalar?: ScalarTree): void {
    const { code, message, ...advice } = problem;
    // A value that a use puts in is wrong where it is written, not where it is put.
    const elsewhere = scalar?.filledFrom?.elsewhere;
    if (elsewhere) this.complainOfValue(elsewhere, range, problem);
    else if (scalar?.filledFrom) this.filled.push({ range, problem, from: scalar.filledFrom });
    else this.complaints.error(range, code, message, advice);
  }

  private complainOfValue(written: ScalarTree, put: TextRange, problem: Problem): void {
    const { file, line, column } = this.complaints.position(put);
    const there = `it is put in at ${path.basename(file)}:${line}:${column}`;
    const cause = problem.cause === undefined ? there : `${problem.cause}; ${there}`;
    this.toldThere = true;
    this.course.incomplete = true;
    this.user?.document.complain(written.range, { ...problem, cause }, written);
  }

  /** Where a token of this document is to be shown: in a file of shared steps, where the file is used, or where the value is written. */
  shown(range: TextRange, scalar?: ScalarTree): TextRange {
    if (!this.user) return range;
    const value = scalar?.filledFrom?.elsewhere;
    return value ? this.user.document.shown(value.range, value) : this.user.document.shown(this.user.range);
  }

  get hasErrors(): boolean {
    return this.complaints.hasErrors || this.filled.length > 0 || this.toldThere;
  }

  /** Reads a value by its schema; what the schema refuses and the reader cannot explain is told in the validator's words. */
  read(schema: JsonSchema, validator: Validator | undefined, tree: Tree, place: Place, host: ReaderHost): unknown {
    const value = new Reader(host).read(schema, tree, place);
    if (validator && !validator(toPlain(tree)) && !this.hasErrors && !holdsUnknown(tree)) {
      const error = validator.errors?.[0];
      const where = error?.instancePath ? `${error.instancePath.slice(1).replaceAll('/', '.')} ` : '';
      this.complain(place.owner, {
        code: 'schema',
        message: `${place.name}: ${where}${error?.message ?? 'is not valid'}`,
      });
    }
    return value;
  }

  /** Undefined when the clause or family is in the catalogue, or there is none to look in. */
  clause(id: string): Problem | undefined {
    const { clauses } = this.surroundings;
    if (!clauses || clauses.has(id)) return undefined;
    if (id.endsWith('*')) {
      const prefix = id.slice(0, -1);
      if ([...clauses.keys()].some((known) => known.startsWith(prefix))) return undefined;
      const families = new Set([...clauses.keys()].map((known) => `${known.split('-')[0]}-*`));
      const suggestion = nearest(id, families);
      return {
        code: 'unknown-clause',
        message: `no clause of the catalogue is called ${quote(id)}`,
        ...(suggestion ? { suggestion } : {}),
      };
    }
    const suggestion = nearest(id, clauses.keys());
    return {
      code: 'unknown-clause',
      message: `${quote(id)} is not in the catalogue of clauses`,
      cause: '`vfio-conformance clauses` lists them',
      ...(suggestion ? { suggestion } : {}),
    };
  }

  /**
   * Tells the problems of values that a matrix put in: at the value where only some values of its axis are wrong, else at the
   * placeholder, which then is in the wrong place.
   */
  flush(axes: ReadonlyMap<string, { readonly values: number }>): void {
    const uses = new Map<string, FilledProblem[]>();
    for (const problem of this.filled) {
      const key = `${problem.range.start}:${problem.from.axis}:${problem.problem.code}`;
      const list = uses.get(key);
      if (list) list.push(problem);
      else uses.set(key, [problem]);
    }
    this.filled.length = 0;
    for (const problems of uses.values()) {
      const wrong = new Map(problems.map((problem) => [problem.from.range.start, problem]));
      const first = problems[0];
      if (!first) continue;
      const all = (axes.get(first.from.axis)?.values ?? 1) <= wrong.size;
      if (all)
        this.complain(first.range, {
          ...first.problem,
          message: `${first.problem.message} (a value of ${quote(first.from.axis)})`,
        });
      else for (const { from, problem } of wrong.values()) this.complain(from.range, problem);
    }
  }
}
