/** The catalogue is whole and well formed: every report, verdict and certificate is built on it. */
import { entriesOf, isEntry, linesOf, readScenarioFile, textOf } from './catalogue';

const file = readScenarioFile('clauses.yaml');
const clauses = entriesOf(file, 'clauses');

/** The family that an id's beginning stands for; the longest beginning that fits decides. */
const FAMILIES: ReadonlyMap<string, string> = new Map([
  ['DEV-INFO-', 'device-info'],
  ['DEV-RESPONDS', 'responsiveness'],
  ['ZPCI-', 'zpci'],
  ['REG-', 'regions'],
  ['IRQ-', 'interrupts'],
  ['MIG-', 'migration-region'],
  ['STATE-', 'device-state'],
  ['TRANS-', 'transitions'],
  ['SAVE-', 'saving'],
  ['ERR-', 'saving'],
  ['RES-', 'resuming'],
  ['IOMMU-', 'iommu-info'],
  ['DIRTY-', 'dirty-pages'],
  ['UNMAP-', 'unmap'],
  ['ABI', 'abi'],
]);

/** From the strongest to the weakest. */
const LEVELS = ['must', 'should', 'may', 'undefined'];

/** What a basis is called among the authorities. A clause without a basis rests on a sentence or a macro of the header. */
const AUTHORITY_OF_BASIS: ReadonlyMap<string | undefined, readonly string[]> = new Map([
  [undefined, ['header-text', 'header-macros']],
  ['derived', ['derived']],
  ['qemu', ['qemu-behaviour']],
  ['kernel', ['kernel-behaviour']],
  ['vfio.h', ['vfio-header']],
  ['zdev', ['zdev-header']],
]);

const KEYS = [
  'id',
  'family',
  'who',
  'level',
  'word',
  'because',
  'basis',
  'authority',
  'lines',
  'text',
  'rationale',
  'note',
];

/** First and last line that belong to a hunk of the diff. */
const FIRST_LINE = 5;
const LAST_LINE = 425;

const idOf = (clause: (typeof clauses)[number]): string => textOf(clause, 'id') ?? 'a clause without id';
const each = clauses.map((clause) => [idOf(clause), clause] as const);

describe('scenarios/clauses.yaml', () => {
  test('holds the source and the clauses, and nothing else', () => {
    expect(Object.keys(file)).toEqual(['source', 'clauses']);
    const source = file.source;
    if (!isEntry(source)) throw new Error('source is not a map');
    expect(Object.keys(source)).toEqual(['title', 'file', 'from', 'to', 'description']);
    expect(textOf(source, 'from')).toMatch(/^[0-9a-f]{40}$/);
    expect(textOf(source, 'to')).toMatch(/^[0-9a-f]{40}$/);
    expect(JSON.stringify(source)).not.toMatch(/https?:/);
  });

  test('gives each clause an id of its own', () => {
    const ids = clauses.map(idOf);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
    expect(ids.filter((id) => !/^[A-Z]+(-[A-Z0-9]+)*$/.test(id))).toEqual([]);
  });

  // A clause may be added here; one that disappears, or changes sides, or is quietly weakened, should be somebody's decision.
  test('has not lost or weakened a clause', () => {
    const counts: Record<string, number> = {};
    for (const clause of clauses) {
      const kind = `${textOf(clause, 'family')} ${textOf(clause, 'who')} ${textOf(clause, 'level')}`;
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    expect(counts).toEqual({
      'device-info driver should': 1,
      'device-info driver must': 4,
      'responsiveness driver must': 1,
      'zpci driver must': 6,
      'zpci driver should': 2,
      'regions driver must': 3,
      'interrupts driver must': 1,
      'migration-region driver must': 9,
      'migration-region driver should': 1,
      'migration-region driver may': 1,
      'migration-region driver undefined': 1,
      'migration-region user must': 1,
      'device-state driver must': 11,
      'device-state driver should': 6,
      'device-state driver undefined': 1,
      'device-state user must': 5,
      'transitions driver must': 9,
      'transitions driver should': 3,
      'transitions driver may': 1,
      'saving driver must': 8,
      'saving driver should': 4,
      'saving driver may': 2,
      'saving user must': 5,
      'resuming driver must': 5,
      'resuming driver should': 3,
      'resuming driver may': 1,
      'resuming driver undefined': 1,
      'resuming user must': 2,
      'iommu-info kernel must': 4,
      'iommu-info kernel should': 2,
      'dirty-pages driver must': 1,
      'dirty-pages driver may': 1,
      'dirty-pages kernel must': 11,
      'dirty-pages kernel should': 3,
      'dirty-pages kernel may': 1,
      'dirty-pages user must': 1,
      'unmap kernel must': 1,
      'unmap kernel should': 3,
      'unmap user must': 1,
      'abi user must': 1,
    });
  });

  test('keeps the clauses of one family together', () => {
    const families = clauses.map((clause) => textOf(clause, 'family'));
    const runs = families.filter((family, index) => family !== families[index - 1]);
    expect(runs).toEqual([...new Set(families)]);
  });

  describe.each(each)('%s', (id, clause) => {
    test('uses the known keys, in their order', () => {
      expect(Object.keys(clause)).toEqual(KEYS.filter((key) => key in clause));
    });

    test('belongs to the family of its prefix', () => {
      const prefix = [...FAMILIES.keys()]
        .filter((start) => id.startsWith(start))
        .sort((a, b) => b.length - a.length)[0];
      expect(prefix === undefined ? undefined : FAMILIES.get(prefix)).toBe(textOf(clause, 'family'));
    });

    test('says whose it is and how much it weighs', () => {
      expect(['driver', 'kernel', 'user']).toContain(textOf(clause, 'who'));
      expect(LEVELS).toContain(textOf(clause, 'level'));
      // The kit has no leave to misbehave now and then.
      if (textOf(clause, 'who') === 'user') expect(textOf(clause, 'level')).toBe('must');
    });

    test("gives the text's own word only where it is weaker, and then says why", () => {
      const word = textOf(clause, 'word');
      expect(textOf(clause, 'because') !== undefined).toBe(word !== undefined);
      if (word === undefined) return;
      expect(LEVELS).toContain(word);
      expect(LEVELS.indexOf(word)).toBeGreaterThan(LEVELS.indexOf(textOf(clause, 'level') ?? ''));
    });

    test('rests on an authority that fits its basis', () => {
      expect(AUTHORITY_OF_BASIS.get(textOf(clause, 'basis')) ?? []).toContain(textOf(clause, 'authority'));
    });

    test('points at lines of the diff, in rising order, or says what it rests on instead', () => {
      let previous = FIRST_LINE - 1;
      for (const range of linesOf(clause)) {
        expect(range).toMatch(/^\d+(-\d+)?$/);
        const [from = '', to] = range.split('-');
        expect(Number(from)).toBeGreaterThan(previous);
        if (to !== undefined) expect(Number(to)).toBeGreaterThan(Number(from));
        previous = Number(to ?? from);
      }
      expect(previous).toBeLessThanOrEqual(LAST_LINE);
      if (linesOf(clause).length === 0) expect(textOf(clause, 'basis')).toBeDefined();
    });

    test('says in whole sentences what must hold and what goes wrong otherwise', () => {
      for (const key of ['text', 'rationale', 'note', 'because']) {
        const sentence = textOf(clause, key);
        if (sentence === undefined && (key === 'note' || key === 'because')) continue;
        expect(sentence).toMatch(/^[A-Za-z0-9_].{20,}\.$/);
      }
      expect(textOf(clause, 'rationale')).not.toBe(textOf(clause, 'text'));
    });

    test('names only clauses that exist', () => {
      const prose = ['text', 'rationale', 'note', 'because'].map((key) => textOf(clause, key) ?? '').join(' ');
      const ids = new Set(clauses.map(idOf));
      const named =
        prose.match(/\b(DEV|ZPCI|REG|IRQ|MIG|STATE|TRANS|SAVE|ERR|RES|IOMMU|DIRTY|UNMAP)-[A-Z0-9-]*[A-Z0-9]/g) ?? [];
      expect(named.filter((name) => !ids.has(name))).toEqual([]);
    });
  });
});
