/** What `new` has to know: from flags, else by asking where somebody can answer. */
import { createInterface } from 'node:readline/promises';
import { nearest, quote } from '../../language/suggest';
import { UsageError } from '../support/exit';
import { SCENARIOS } from './templates';
import { type Answers, KINDS, type Kind, templateOf } from './write-new';

/** As commander gives them. */
export interface NewOptions {
  readonly name?: string;
  readonly template?: string;
  readonly clause?: readonly string[];
  readonly scenarios?: readonly string[];
  readonly pci?: string;
  readonly driver?: string;
  readonly mdevType?: string;
}

/** Asks one question; `proposal` is what an empty answer means. */
export type Ask = (question: string, proposal: string) => Promise<string>;

/** `ask` is undefined where nobody can answer. @throws UsageError for what is missing or wrong */
export async function answersOf(
  given: { readonly kind?: string; readonly file?: string },
  options: NewOptions,
  ask: Ask | undefined,
): Promise<Answers> {
  const or = async (value: string | undefined, question: string, proposal: string, flag: string): Promise<string> => {
    if (value !== undefined) return value;
    if (ask) return ask(question, proposal);
    throw new UsageError(`${flag} is missing`, 'In a terminal `vfio-conformance new` asks for what is missing.');
  };
  const kind = kindOf(
    await or(given.kind, `What: ${KINDS.join(', ')}`, 'scenario', 'what to make (scenario, suite, profile)'),
  );
  const name = await or(options.name, NAME_QUESTION[kind], PROPOSED_NAME[kind], '--name');
  const template =
    kind === 'scenario'
      ? templateOf(options.template ?? (ask ? await ask(templateQuestion(), 'state') : 'state'))
      : templateOf('state');
  const clauses = options.clause ?? (kind !== 'profile' && ask ? await askForClauses(kind, ask, template.clauses) : []);
  const match = kind === 'profile' ? await matchOf(options, ask) : '';
  const file = await or(given.file, 'File', `${slug(name)}.yaml`, 'the name of the file');
  return {
    kind,
    file,
    name,
    template,
    clauses: kind === 'suite' && clauses.length === 0 ? ['DEV-RESPONDS'] : clauses,
    scenarios:
      options.scenarios ??
      (kind === 'suite' && ask ? words(await ask('Scenarios, files or patterns', '*.yaml')) : ['*.yaml']),
    match,
  };
}

const NAME_QUESTION: Readonly<Record<Kind, string>> = {
  scenario: 'What it shows, in one sentence',
  suite: 'Name of the suite',
  profile: 'What the device is called in reports',
};
const PROPOSED_NAME: Readonly<Record<Kind, string>> = {
  scenario: 'The bug of the day',
  suite: 'my-suite',
  profile: 'My device',
};

function kindOf(word: string): Kind {
  const found = KINDS.find((kind) => kind === word);
  if (found) return found;
  const near = nearest(word, KINDS);
  throw new UsageError(
    `${quote(word)} cannot be made${near === undefined ? '' : `: did you mean ${near}?`}`,
    `What can be made: ${KINDS.join(', ')}.`,
  );
}

function templateQuestion(): string {
  return [
    'What it begins as:',
    ...SCENARIOS.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`),
    'Template',
  ].join('\n');
}

async function askForClauses(kind: Kind, ask: Ask, proposed: readonly string[]): Promise<readonly string[]> {
  const proposal = kind === 'suite' ? 'DEV-RESPONDS' : proposed.join(' ');
  return words(await ask('Clauses that it judges (`vfio-conformance clauses` lists them)', proposal));
}

async function matchOf({ pci, driver, mdevType }: NewOptions, ask: Ask | undefined): Promise<string> {
  const parts = [
    ...(pci === undefined ? [] : [`pci: ${JSON.stringify(pci.toLowerCase())}`]),
    ...(driver === undefined ? [] : [`driver: ${JSON.stringify(driver)}`]),
    ...(mdevType === undefined ? [] : [`mdev-type: ${JSON.stringify(mdevType)}`]),
  ];
  if (parts.length > 0) return parts.join(', ');
  if (!ask)
    throw new UsageError('--pci, --driver or --mdev-type is missing', 'A profile says which devices it is for.');
  const answer = await ask('Vendor and device id, as in 8086:10d3, or the driver of a mediated device', '8086:10d3');
  return /^[0-9a-f]{4}:[0-9a-f]{4}$/i.test(answer)
    ? `pci: ${JSON.stringify(answer.toLowerCase())}`
    : `driver: ${JSON.stringify(answer)}`;
}

function words(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}

function slug(name: string): string {
  const text = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 60);
  return text === '' ? 'new' : text;
}

/** Runs `use` with a way to ask in the terminal, or without one where there is no terminal. */
export async function withTerminal<T>(use: (ask: Ask | undefined) => Promise<T>): Promise<T> {
  if (!process.stdin.isTTY) return use(undefined);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await use(async (question, proposal) => {
      const answer = (await terminal.question(`${question} [${proposal}]: `)).trim();
      return answer === '' ? proposal : answer;
    });
  } finally {
    terminal.close();
  }
}
