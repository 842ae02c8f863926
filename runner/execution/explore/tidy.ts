/**
 * What fast-check has shrunk, shrunk a little further: it leaves moves out one by one and in certain lengths, and some can only be left
 * out together.
 */

/** Fewer of the items, such that `holds` still does and no run of neighbours can be left out any more. */
export async function leaveOut<T>(
  items: readonly T[],
  holds: (fewer: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let best = items;
  for (let again = true; again; ) {
    again = false;
    // The last one shows what was found: it stays.
    for (let length = best.length - 1; length > 0; length -= 1) {
      const fewer = await withoutSome(best, length, holds);
      if (!fewer) continue;
      best = fewer;
      again = true;
      break;
    }
  }
  return best;
}

/**
 * The items with as long a beginning as can be replaced by one other, such that `holds` still does. So a walk that came to its content by a
 * whole migration has it by a mark, which no shrinking could put in.
 */
export async function replaceBeginning<T>(
  items: readonly T[],
  by: T,
  holds: (fewer: readonly T[]) => Promise<boolean>,
): Promise<readonly T[] | undefined> {
  for (let length = items.length - 1; length > 1; length -= 1) {
    const fewer = [by, ...items.slice(length)];
    if (await holds(fewer)) return fewer;
  }
  return undefined;
}

async function withoutSome<T>(
  items: readonly T[],
  length: number,
  holds: (fewer: readonly T[]) => Promise<boolean>,
): Promise<readonly T[] | undefined> {
  for (let start = 0; start + length < items.length; start += 1) {
    const fewer = [...items.slice(0, start), ...items.slice(start + length)];
    if (await holds(fewer)) return fewer;
  }
  return undefined;
}
