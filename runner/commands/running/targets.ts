/** What a run takes: suites and scenarios, read and checked whole before anything is done to a device. */
import path from 'node:path';
import type { CaseFilter } from '../../execution/run-plan';
import { isTaken } from '../../jest/case-filter';
import { loadScenario, loadSuite, resolveTargets, type Target } from '../../language';
import type { Case, Checked, ClauseId, Diagnostic, Scenario } from '../../language/scenario';
import { nearest, quote } from '../../language/suggest';
import { InvalidFiles, UsageError } from '../support/exit';

/** Taken when the command line names nothing. */
const DEFAULT_SUITE = 'certify';

export interface RunTarget {
  readonly kind: Target['kind'];
  /** Absolute. */
  readonly file: string;
  /** The suite's name, or the scenario's. */
  readonly title: string;
  /** What the verdict rests on. */
  readonly clauses: readonly ClauseId[];
  /** A broken should counts like a broken must. */
  readonly strict: boolean;
  /** What the suite says that the device has. */
  readonly claims: readonly string[];
  readonly cases: readonly Case[];
  /** Those of them that the filter lets through. */
  readonly taken: readonly Case[];
}

/** @throws InvalidFiles with every complaint about every file; UsageError when a filter fits nothing. */
export function loadTargets(names: readonly string[], cwd: string, filter: CaseFilter): readonly RunTarget[] {
  const resolved = resolveTargets(names.length > 0 ? names : [DEFAULT_SUITE], cwd);
  if (!resolved.ok) {
    if (names.length > 0) throw new InvalidFiles(resolved.errors);
    throw new UsageError('say which suite or scenario to run', resolved.errors[0]?.cause);
  }
  const errors: Diagnostic[] = [];
  const scenarios = new Map<string, Scenario | undefined>();
  const scenarioOf = (file: string): Scenario | undefined => {
    if (!scenarios.has(file)) scenarios.set(file, valueOrComplaints(loadScenario(file), errors));
    return scenarios.get(file);
  };
  const loaded = resolved.value.flatMap((target) => loadTarget(target, scenarioOf, errors, filter) ?? []);
  if (errors.length > 0) throw new InvalidFiles(errors);
  checkFilter(
    loaded.flatMap((target) => target.cases),
    filter,
  );
  return loaded;
}

/** The name of a run's folder: what the targets' files are called. */
export function nameOf(targets: readonly RunTarget[]): string {
  const names = targets.map(({ file }) => path.basename(file).replace(/\.ya?ml$/i, ''));
  const text = names.length > 3 ? `${names.slice(0, 2).join('+')}+${names.length - 2}-more` : names.join('+');
  return text.replaceAll(/[^\w.+-]+/g, '-').slice(0, 80);
}

function loadTarget(
  { kind, file }: Target,
  scenarioOf: (file: string) => Scenario | undefined,
  errors: Diagnostic[],
  filter: CaseFilter,
): RunTarget | undefined {
  if (kind === 'scenario') {
    const scenario = scenarioOf(file);
    if (!scenario) return undefined;
    const { name, clauses, cases } = scenario;
    return { kind, file, title: name, clauses, claims: [], strict: false, cases, taken: taken(cases, filter) };
  }
  const suite = valueOrComplaints(loadSuite(file), errors);
  if (!suite) return undefined;
  const cases = suite.scenarios.flatMap((one) => scenarioOf(one)?.cases ?? []);
  const { name, clauses, claims, strict } = suite;
  return { kind, file, title: name, clauses, claims, strict, cases, taken: taken(cases, filter) };
}

function taken(cases: readonly Case[], filter: CaseFilter): readonly Case[] {
  return cases.filter((case_) => isTaken(case_, filter));
}

function valueOrComplaints<T>(checked: Checked<T>, errors: Diagnostic[]): T | undefined {
  if (checked.ok) return checked.value;
  errors.push(...checked.errors);
  return undefined;
}

/** A word that fits no case is a slip; with --skip it would run what was meant to be left out. */
function checkFilter(cases: readonly Case[], filter: CaseFilter): void {
  const none = { cases: [], tags: [], only: [], skip: [] };
  const ids = () => cases.flatMap(({ id }) => [id, id.split('#', 1)[0] ?? id]);
  const tags = () => cases.flatMap((case_) => case_.tags);
  const names = () => cases.flatMap((case_) => [case_.scenarioName, ...case_.clauses]);
  const check = (
    option: string,
    words: readonly string[],
    one: (word: string) => CaseFilter,
    known: () => string[],
  ) => {
    for (const word of words) {
      const fits = cases.some((case_) => isTaken(case_, one(word)));
      if (!fits) refuse(option, word, known());
    }
  };
  check('--case', filter.cases, (word) => ({ ...none, cases: [word] }), ids);
  check('--tag', filter.tags, (word) => ({ ...none, tags: [word] }), tags);
  check('--only', filter.only, (word) => ({ ...none, only: [word] }), names);
  check('--skip', filter.skip, (word) => ({ ...none, only: [word] }), names);
  if (!cases.some((case_) => isTaken(case_, filter)))
    throw new UsageError('no case is left', cases.length === 0 ? 'There are no cases in it.' : FILTERED_AWAY);
}

const FILTERED_AWAY = '--case, --tag, --only and --skip hold together; `run --list` shows the cases there are.';

function refuse(option: string, word: string, known: readonly string[]): never {
  const near = nearest(word, known);
  throw new UsageError(
    `${option} ${quote(word)} fits no case`,
    near === undefined ? '`run --list` shows the cases there are.' : `did you mean ${near} ?`,
  );
}
