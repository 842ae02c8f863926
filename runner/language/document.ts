/** One file while it is checked: complaints, the vocabulary, the catalogue, and the values that a matrix put in. */

import type { Complaints } from './complaints';
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

export class CheckedDocument {
  private readonly filled: FilledProblem[] = [];

  constructor(
    readonly complaints: Complaints,
    readonly surroundings: Surroundings,
  ) {}

  complain(range: TextRange, problem: Problem, scalar?: ScalarTree): void {
    const { code, message, ...advice } = problem;
    if (scalar?.filledFrom) this.filled.push({ range, problem, from: scalar.filledFrom });
    else this.complaints.error(range, code, message, advice);
  }

  get hasErrors(): boolean {
    return this.complaints.hasErrors || this.filled.length > 0;
  }

  /** Reads a value by its schema; what the schema refuses and the reader cannot explain is told in the validator's words. */
  read(schema: JsonSchema, validator: Validator | undefined, tree: Tree, place: Place, host: ReaderHost): unknown {
    const value = new Reader(host).read(schema, tree, place);
    if (validator && !validator(toPlain(tree)) && !this.hasErrors) {
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
