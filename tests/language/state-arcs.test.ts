/** The language's transitions are the ones that the oracles judge. */
import { STATE_NAMES } from '../../runner/language/names';
import { isArc, isEnterable } from '../../runner/language/state-arcs';
import { clauseOfArc } from '../../runner/oracles/state-arcs';

const arcs = STATE_NAMES.flatMap((from, a) => STATE_NAMES.map((to, b) => [from, to, a, b] as const));

test.each(arcs.filter(([from, to]) => isEnterable(from) && isEnterable(to)))('%s to %s', (from, to, a, b) => {
  expect(isArc(from, to)).toBe(clauseOfArc(a, b) !== undefined);
});

test('what nobody may ask for', () => {
  expect(STATE_NAMES.filter((name) => !isEnterable(name))).toEqual(['invalid-101', 'error', 'invalid-111']);
  expect(isEnterable('0x9')).toBe(false);
});
