import { leaveOut, replaceBeginning } from '../../../runner/execution/explore/tidy';

test('leaves out what can only be left out together, and keeps the last', async () => {
  const asked: string[] = [];
  // Brackets must match, and there must be an a before the end.
  const holds = async (letters: readonly string[]): Promise<boolean> => {
    const text = letters.join('');
    asked.push(text);
    return /^(\(\)|a|b)*!$/.test(text) && text.includes('a');
  };
  expect((await leaveOut([...'b()ab()b!'], holds)).join('')).toBe('a!');
  expect(asked.every((text) => text.endsWith('!'))).toBe(true);
});

test('leaves alone what is as short as it can be', async () => {
  let asked = 0;
  const items = [1, 2, 3];
  const rest = await leaveOut(items, async () => {
    asked += 1;
    return false;
  });
  expect(rest).toEqual(items);
  expect(asked).toBe(3);
});

test('a beginning is replaced by one item, as long a one as can be', async () => {
  const asked: string[] = [];
  const holds = async (letters: readonly string[]): Promise<boolean> => {
    asked.push(letters.join(''));
    return letters.includes('d');
  };
  expect(await replaceBeginning([...'abcde'], 'M', holds)).toEqual([...'Mde']);
  expect(asked).toEqual(['Me', 'Mde']);
  expect(await replaceBeginning([...'abcde'], 'M', async () => false)).toBeUndefined();
  // One for one is no gain.
  expect(await replaceBeginning(['a', 'b'], 'M', async () => true)).toBeUndefined();
});
