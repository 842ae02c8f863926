/** A walk as the text of a scenario file: what is run is what is written down. */
import { Document, isMap, isSeq, visit } from 'yaml';
import { loadScenario } from '../../language';
import { Complaints } from '../../language/complaints';
import { LanguageError } from '../../language/language-error';
import { parse } from '../../language/parse';
import type { Case, ClauseId } from '../../language/scenario';
import { makeSource } from '../../language/source';
import { type StepData, verbsIn } from './step-data';

export interface ScenarioWords {
  readonly name: string;
  readonly clauses: readonly ClauseId[];
  readonly steps: readonly StepData[];
  /** Lines that stand above the scenario. */
  readonly comment: readonly string[];
}

/** Verbs that need something of the device, its profile or the command line; see language/needs.ts. */
const NEEDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['on', ['destination']],
  ['mark', ['fingerprint', 'mark']],
  ['fingerprint', ['fingerprint']],
  ['restore', ['fingerprint', 'mark']],
  ['counter', ['counter']],
  ['dma', ['dma']],
  ['dirty', ['dirty-pages']],
  ['reset', ['reset']],
  ['error', ['error']],
]);

const LARGEST_IN_DECIMAL = 999;

/** In the order of a well-kept file. */
export function scenarioText({ name, clauses, steps, comment }: ScenarioWords): string {
  const document = new Document({
    scenario: name,
    clauses: [...clauses],
    needs: needsOf(steps),
    tags: ['explored'],
    steps: [...steps],
  });
  document.commentBefore = comment.map((line) => ` ${oneLine(line)}`).join('\n');
  return textOf(document);
}

/** The steps alone, line by line, for people. */
export function stepLines(steps: readonly StepData[]): readonly string[] {
  return textOf(new Document([...steps]))
    .trimEnd()
    .split('\n');
}

function textOf(document: Document): string {
  visit(document, {
    Scalar(_key, scalar) {
      if (typeof scalar.value === 'number' && scalar.value > LARGEST_IN_DECIMAL) scalar.format = 'HEX';
    },
    Pair(_key, pair) {
      const isSteps = String(pair.key) === 'steps';
      if ((isMap(pair.value) || isSeq(pair.value)) && !isSteps) pair.value.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function needsOf(steps: readonly StepData[]): readonly string[] {
  const verbs = verbsIn(steps);
  const wanted = [...NEEDS].flatMap(([verb, needs]) => (verbs.has(verb) ? needs : []));
  const irq = JSON.stringify(steps).includes('"irq":"raise"') ? ['irq'] : [];
  return [...new Set(['migration-v1', ...wanted, ...irq])];
}

/** What a device or a clause says, fit for a comment. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, ' ').trim();
}

/** The only case of a text, as the language reads it. @throws LanguageError when a walk is no scenario, which would be a fault of the moves. */
export function caseOfText(file: string, text: string): Case {
  const complaints = new Complaints(makeSource(file, text));
  const tree = parse(complaints);
  if (!tree) throw new LanguageError(complaints.errors);
  const loaded = loadScenario({ complaints, tree });
  if (!loaded.ok) throw new LanguageError(loaded.errors);
  const [case_] = loaded.value.cases;
  if (!case_) throw new Error('a scenario without a case');
  return case_;
}
