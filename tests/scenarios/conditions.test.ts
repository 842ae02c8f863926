/** The list of conditional clauses is the only way for a clause to go unjudged without a fault of anybody's: it stays short. */
import { entriesOf, readScenarioFile, textOf } from './catalogue';

const clauses = new Map(
  entriesOf(readScenarioFile('clauses.yaml'), 'clauses').map((clause) => [textOf(clause, 'id'), clause]),
);
const file = readScenarioFile('conditions.yaml');
const conditions = entriesOf(file, 'conditions');

describe('scenarios/conditions.yaml', () => {
  test('holds one entry of clause, condition and why for each clause', () => {
    expect(Object.keys(file)).toEqual(['conditions']);
    const named = conditions.map((entry) => textOf(entry, 'clause'));
    expect(named.filter((id, index) => named.indexOf(id) !== index)).toEqual([]);
    for (const entry of conditions) {
      expect(Object.keys(entry)).toEqual(['clause', 'condition', 'why']);
      expect(textOf(entry, 'condition')).toMatch(/^[a-zA-Z].{10,}[^.]$/);
      expect(textOf(entry, 'why')).toMatch(/^[A-Z].{20,}\.$/);
    }
  });

  test('names clauses of the catalogue', () => {
    expect(conditions.map((entry) => textOf(entry, 'clause')).filter((id) => !clauses.has(id))).toEqual([]);
  });

  // A fault must not be able to turn a must into not-applicable. Recovery from ERROR is the one must that no correct driver can be made to show.
  test('excuses no judged must but the recovery from ERROR', () => {
    const musts = conditions
      .map((entry) => textOf(entry, 'clause'))
      .filter((id) => {
        const clause = clauses.get(id);
        return clause !== undefined && textOf(clause, 'level') === 'must' && textOf(clause, 'who') !== 'user';
      });
    expect(musts).toEqual(['STATE-RESET']);
  });
});
