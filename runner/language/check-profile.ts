/** A device profile: its steps are checked with sample values and lowered anew for each use. */

import { Complaints } from './complaints';
import type { CheckedDocument, Surroundings } from './document';
import { CheckedDocument as Document } from './document';
import { LanguageError } from './language-error';
import { fill } from './placeholders';
import type { ProfileFile } from './profile-schema';
import type { DeviceProfile, StepTemplate, Waiver } from './scenario';
import type { Source } from './source';
import { StepReader } from './steps';
import { type Entry, entryOf, type ScalarTree, type Tree } from './tree';

/** Keys that hold steps, and what their steps are given. */
const TEMPLATES = {
  dma: ['iova', 'size'],
  irq: [],
  error: [],
  failing: [],
  faulting: [],
  fingerprint: [],
  mark: ['value'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
type TemplateKey = keyof typeof TEMPLATES;

/** Small enough for every field that a placeholder may stand in; the real values are checked when they are known. */
const SAMPLE = 0n;

export function checkProfile(document: CheckedDocument, tree: Tree): DeviceProfile | undefined {
  const { vocabulary } = document.surroundings;
  const owner = (tree.kind === 'map' ? tree.entries[0]?.keyRange : undefined) ?? tree.range;
  const place = { name: 'the device profile', owner };
  const host = new StepReader(document);
  const read = document.read(vocabulary.documents.profile, vocabulary.validator('profile'), tree, place, host);
  if (tree.kind !== 'map') return undefined;
  const templates: { -readonly [Key in TemplateKey]?: StepTemplate } = {};
  for (const key of Object.keys(TEMPLATES) as TemplateKey[]) {
    const entry = entryOf(tree, key);
    if (!entry) continue;
    const samples = new Map(TEMPLATES[key].map((name) => [name, SAMPLE]));
    lower(document, entry, samples, `the use of ${key}`);
    templates[key] = template(document.complaints.source, document.surroundings, entry);
  }
  document.flush(new Map());
  if (document.hasErrors) return undefined;
  const file = read as ProfileFile;
  const waivers = entryOf(tree, 'waivers')?.value;
  const { pci, driver, reference, 'mdev-type': mdevType } = file.match;
  return {
    file: document.complaints.source.file,
    device: file.device,
    match: {
      ...(pci === undefined ? {} : { pci }),
      ...(driver === undefined ? {} : { driver }),
      ...(mdevType === undefined ? {} : { mdevType }),
      ...(reference === undefined ? {} : { reference }),
    },
    ...(file.claims === undefined ? {} : { claims: file.claims }),
    ...templates,
    ...(file['dma-below'] === undefined ? {} : { dmaBelow: file['dma-below'] }),
    ...(file['dma-most'] === undefined ? {} : { dmaMost: file['dma-most'] }),
    ...(file['irq-index'] === undefined ? {} : { irqIndex: file['irq-index'] }),
    ...(file.counter === undefined ? {} : { counter: file.counter }),
    ...(file.quiet === undefined ? {} : { quiet: file.quiet }),
    ...(file.deadline === undefined ? {} : { deadline: file.deadline }),
    waivers: file.waivers.map((waiver, index): Waiver => {
      const item = waivers?.kind === 'list' ? waivers.items[index] : undefined;
      return { ...waiver, position: document.complaints.position(item?.range ?? owner) };
    }),
    assume: file.assume,
    position: document.complaints.position(owner),
  };
}

function lower(document: CheckedDocument, entry: Entry, values: ReadonlyMap<string, bigint>, from: string) {
  const filled = fill(entry.value, {
    values: new Map([...values].map(([name, value]) => [name, numberTree(value)])),
    unknown: new Set(),
    from,
    none: `${entry.key} is given no values`,
    complain: document.complain.bind(document),
  });
  return new StepReader(document).steps(filled, entry.keyRange);
}

function numberTree(value: bigint): ScalarTree {
  const safe = value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= 0n;
  return {
    kind: 'scalar',
    range: { start: 0, end: 0 },
    value: safe ? Number(value) : value,
    text: `0x${value.toString(16)}`,
    plain: true,
  };
}

function template(source: Source, surroundings: Surroundings, entry: Entry): StepTemplate {
  return {
    position: new Complaints(source).position(entry.keyRange),
    instantiate(values) {
      const document = new Document(new Complaints(source), surroundings);
      const steps = lower(document, entry, new Map(Object.entries(values)), `this use of ${entry.key}`);
      document.flush(new Map());
      if (document.hasErrors) throw new LanguageError(document.complaints.errors);
      return steps;
    },
  };
}
