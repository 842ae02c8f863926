/** An accepted file written back as plain data, beside what its YAML says. */
import type { SharedSteps } from '../../../runner/language/check-shared';
import type { FileKind } from '../../../runner/language/file-kind';
import type { Case, DeviceProfile, Scenario, Step, Suite } from '../../../runner/language/scenario';
import type { Vocabulary } from '../../../runner/language/vocabulary';
import { type Fillings, fillPlain, isPlain, Meaning, matrixRows, type Plain, plainDocument } from './meaning';

/** Two values that must be equal. */
export interface Comparison {
  readonly what: string;
  readonly read: unknown;
  readonly meant: unknown;
}

/** Cases that are compared of a large matrix, from each end. */
const CASES = 3;

export function compare(kind: FileKind, value: unknown, text: string, words: Vocabulary): readonly Comparison[] {
  const document = plainDocument(text);
  const plain: unknown = document.toJS();
  if (!isPlain(plain)) return [{ what: 'the file', read: value, meant: plain }];
  const meaning = new Meaning(words);
  if (kind === 'scenario') return compareScenario(value as Scenario, plain, matrixRows(document), meaning, words);
  if (kind === 'profile') return compareProfile(value as DeviceProfile, plain, meaning, words);
  if (kind === 'shared') return compareShared(value as SharedSteps, plain, meaning);
  return kind === 'suite' ? compareSuite(value as Suite, plain, meaning, words) : [];
}

function compareScenario(
  scenario: Scenario,
  plain: Plain,
  rows: readonly Fillings[],
  meaning: Meaning,
  words: Vocabulary,
): readonly Comparison[] {
  const { name, description, owner, severity } = scenario;
  const head: Comparison = {
    what: 'the head',
    read: { name, description, owner, severity, cases: scenario.cases.length },
    meant: {
      name: plain.scenario,
      description: plain.description,
      owner: plain.owner,
      severity: plain.severity,
      cases: rows.length,
    },
  };
  const cases = scenario.cases.flatMap((case_, n): Comparison[] => {
    const row = rows[n];
    if (!row || (n >= CASES && n < rows.length - CASES)) return [];
    const filled = fillPlain(plain, row) as Plain;
    const head = meaning.map(words.documents.scenario, { ...filled, steps: [], finally: [] });
    return [{ what: case_.id, read: plainCase(case_), meant: meantCase(head, filled, meaning) }];
  });
  return [head, ...cases];
}

function plainCase({ clauses, needs, tags, steps, finallySteps }: Case): unknown {
  return { clauses, needs, tags, steps: plainSteps(steps), finally: plainSteps(finallySteps) };
}

function meantCase(head: Plain, filled: Plain, meaning: Meaning): unknown {
  const within = head.within;
  const steps = (key: string) =>
    (meaning.steps(filled[key]) as Plain[]).map((step) =>
      within === undefined || step.within !== undefined ? step : { ...step, within },
    );
  const { clauses, needs, tags } = head;
  return { clauses, needs, tags, steps: steps('steps'), finally: steps('finally') };
}

/** Checked steps as plain data: what `Meaning` makes of the YAML. */
function plainSteps(steps: readonly Step[]): unknown {
  return steps.map((step) => {
    const { verb, args, expect, judge, provoke, within, note } = step;
    // The steps of a shared file are in that file.
    const { steps: nested, ...own } = args;
    const shown = Object.entries(verb === 'use' ? own : args).map(([key, value]) => [key, plainValue(key, value)]);
    const { position: _position, ...expected } = expect ?? { position: undefined };
    const said = { judge, provoke, within, note };
    return {
      verb,
      args: Object.fromEntries(shown),
      ...(expect ? { expect: expected } : {}),
      ...Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)),
    };
  });
}

function plainValue(key: string, value: unknown): unknown {
  if (key === 'steps') return plainSteps(value as readonly Step[]);
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
}

const SAMPLES: Readonly<Record<string, Readonly<Record<string, bigint>>>> = {
  dma: { iova: 0x12000n, size: 0x40n },
  irq: {},
  error: {},
  failing: {},
  fingerprint: {},
  mark: { value: 0x5en },
};

function compareProfile(
  profile: DeviceProfile,
  plain: Plain,
  meaning: Meaning,
  words: Vocabulary,
): readonly Comparison[] {
  const meant = meaning.map(words.documents.profile, plain);
  const waivers = profile.waivers.map(({ position: _position, ...waiver }) => waiver);
  const { mdevType, ...match } = profile.match;
  const head = {
    device: profile.device,
    match: { ...match, ...(mdevType === undefined ? {} : { 'mdev-type': mdevType }) },
    claims: profile.claims,
    'dma-most': profile.dmaMost,
    'dma-below': profile.dmaBelow,
    'irq-index': profile.irqIndex,
    counter: profile.counter,
    quiet: profile.quiet,
    deadline: profile.deadline,
    waivers,
    assume: profile.assume,
  };
  const given = Object.fromEntries(Object.keys(head).map((key) => [key, meant[key]]));
  const templates = Object.entries(SAMPLES).flatMap(([key, values]): Comparison[] => {
    if (plain[key] === undefined) return [];
    const template = profile[key as 'dma'];
    const fillings = new Map(
      Object.entries(values).map(([name, value]) => [name, { value, text: `0x${value.toString(16)}` }]),
    );
    return [
      {
        what: key,
        read: template && plainSteps(template.instantiate(values)),
        meant: meaning.steps(fillPlain(plain[key], fillings)),
      },
    ];
  });
  return [{ what: 'the head', read: head, meant: given }, ...templates];
}

function compareShared(shared: SharedSteps, plain: Plain, meaning: Meaning): readonly Comparison[] {
  const parameters = isPlain(plain.parameters) ? plain.parameters : {};
  const fillings = new Map<string, { value: unknown; text: string }>();
  for (const [name, parameter] of Object.entries(parameters))
    if (isPlain(parameter) && parameter.default !== undefined)
      fillings.set(name, { value: parameter.default, text: String(parameter.default) });
  const head: Comparison = {
    what: 'the head',
    read: { name: shared.name, description: shared.description, parameters: [...shared.parameters.keys()] },
    meant: { name: plain.shared, description: plain.description, parameters: Object.keys(parameters) },
  };
  // Without a value for each parameter there are no whole steps to compare.
  if (fillings.size < Object.keys(parameters).length) return [head];
  const meant = meaning.steps(fillPlain(plain.steps, fillings));
  return [head, { what: 'steps', read: plainSteps(shared.steps), meant }];
}

function compareSuite(suite: Suite, plain: Plain, meaning: Meaning, words: Vocabulary): readonly Comparison[] {
  const { suite: name, description, claims, strict, clauses } = meaning.map(words.documents.suite, plain);
  const ids = (clauses as readonly string[]).filter((id) => !id.includes('*'));
  return [
    {
      what: 'the suite',
      read: {
        name: suite.name,
        description: suite.description,
        claims: [...suite.claims].sort(),
        strict: suite.strict,
        missing: ids.filter((id) => !suite.clauses.includes(id)),
      },
      meant: { name, description, claims: [...(claims as readonly string[])].sort(), strict, missing: [] },
    },
  ];
}
