/** What the kit has for each clause: the scenarios that name it, the faults that break it, and the tests that prove a user clause. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { loadCatalogue, loadScenario, PACKAGE_ROOT, scenarioId } from '../../language';
import type { Clause, ClauseId } from '../../language/scenario';
import { scenarioFilesUnder } from '../../language/scenario-files';
import { FAULTS } from '../../reference/registry';
import { InvalidFiles } from '../support/exit';

export interface KnownClause {
  readonly clause: Clause;
  /** Ids of scenarios, as `run --case` takes them. */
  readonly scenarios: readonly string[];
  /** Names of faults of the reference device, those whose primary clause it is first. */
  readonly faults: readonly string[];
  /** Test files of the kit, for a clause that the kit itself has to keep; empty where the tests are not installed. */
  readonly tests: readonly string[];
}

export interface ClauseIndex {
  readonly clauses: readonly KnownClause[];
  /** What the clauses' line numbers count in. */
  readonly source: Readonly<Record<string, string>>;
  /** Scenario files that are not valid and were left out. */
  readonly invalid: readonly string[];
}

/** @throws InvalidFiles when the catalogue is not valid. */
export function clauseIndex(): ClauseIndex {
  const catalogue = loadCatalogue();
  if (!catalogue.ok) throw new InvalidFiles(catalogue.errors);
  const { scenarios, invalid } = scenariosByClause();
  const tests = testsByClause();
  const clauses = [...catalogue.value.clauses.values()].map((clause) => ({
    clause,
    scenarios: scenarios.get(clause.id) ?? [],
    faults: faultsOf(clause.id),
    tests: clause.who === 'user' ? (tests.get(clause.id) ?? []) : [],
  }));
  return { clauses, source: catalogue.value.source, invalid };
}

function scenariosByClause(): { scenarios: Map<ClauseId, string[]>; invalid: string[] } {
  const scenarios = new Map<ClauseId, string[]>();
  const invalid: string[] = [];
  const folder = path.join(PACKAGE_ROOT, 'scenarios');
  for (const file of scenarioFilesUnder(folder)) {
    const loaded = loadScenario(file);
    if (!loaded.ok) invalid.push(file);
    else for (const clause of loaded.value.clauses) add(scenarios, clause, scenarioId(file));
  }
  return { scenarios, invalid };
}

function faultsOf(clause: ClauseId): string[] {
  const breaking = FAULTS.filter((fault) => fault.breaks.includes(clause));
  const rank = (breaks: readonly string[]): number => breaks.indexOf(clause);
  return breaking.sort((a, b) => rank(a.breaks) - rank(b.breaks)).map((fault) => fault.name);
}

/** A line of a test file's first comment that says which clauses of the kit's own it proves. */
const PROVES = /^ \* Proves: (.*?)\.?$/m;

/** What test files say that they prove. A file that only mentions a clause proves nothing of it. */
function testsByClause(): Map<ClauseId, string[]> {
  const tests = new Map<ClauseId, string[]>();
  for (const file of testFiles(path.join(PACKAGE_ROOT, 'tests'))) {
    const said = PROVES.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
    for (const id of said.split(/[,\s]+/).filter((word) => word !== ''))
      add(tests, id, path.relative(PACKAGE_ROOT, file));
  }
  return tests;
}

function testFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.ts'))
      .sort()
      .map((file) => path.join(folder, file));
  } catch {
    // The installed package comes without its tests.
    return [];
  }
}

function add(map: Map<ClauseId, string[]>, id: ClauseId, item: string): void {
  const list = map.get(id);
  if (!list) map.set(id, [item]);
  else if (!list.includes(item)) list.push(item);
}
