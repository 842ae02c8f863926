import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../../lab/paths';
import { loadCatalogue } from '../../runner/language/load';
import { PECULIARITIES } from '../../runner/reference/registry';

interface DriverFault {
  readonly name: string;
  /** Absent for a benign variation. */
  readonly breaks?: readonly string[];
  readonly benign?: boolean;
  readonly summary: string;
}

const driver = join(projectRoot(), 'lab', 'driver');
const text = readFileSync(join(driver, 'faults.yaml'), 'utf8');
const faults = parse(text) as readonly DriverFault[];

describe("the kernel module's faults", () => {
  test('faults.yaml is what faults.def says', () => {
    expect(
      execFileSync('awk', ['-f', join(driver, 'faults-yaml.awk'), join(driver, 'faults.def')], { encoding: 'utf8' }),
    ).toBe(text);
  });

  test('what has the name of a fault of the reference device breaks the same primary clause, and what is benign there is benign here', () => {
    const different = faults
      .map((fault) => ({ fault, reference: PECULIARITIES.get(fault.name) }))
      .filter(({ fault, reference }) => {
        if (reference === undefined) return false;
        return reference.benign !== (fault.benign === true) || reference.breaks[0] !== fault.breaks?.[0];
      })
      .map(({ fault, reference }) => `${fault.name}: ${fault.breaks?.[0]} here, ${reference?.breaks[0]} there`);
    expect(different).toEqual([]);
  });

  test('every driver clause that must or should be kept is the primary one of a fault, but for those of other buses', () => {
    const primary = new Set(faults.map((fault) => fault.breaks?.[0]));
    const catalogue = loadCatalogue();
    if (!catalogue.ok) throw new Error('the catalogue of clauses cannot be read');
    const without = [...catalogue.value.clauses.values()]
      .filter((clause) => clause.who === 'driver' && (clause.level === 'must' || clause.level === 'should'))
      .map((clause) => clause.id)
      .filter((id) => !primary.has(id));
    expect(without).toEqual(['REG-TYPE-CCW', 'IRQ-CCW-INDEX']);
  });

  test('names are unique, and summaries say something', () => {
    expect(new Set(faults.map((fault) => fault.name)).size).toBe(faults.length);
    expect(faults.filter((fault) => fault.summary.length < 15)).toEqual([]);
  });
});
