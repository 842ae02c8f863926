/** Debian's order of package versions (deb-version(7)). */

function splitVersion(version: string): { epoch: number; upstream: string; revision: string } {
  const colon = version.indexOf(':');
  const epoch = colon < 0 ? 0 : Number.parseInt(version.slice(0, colon), 10);
  const rest = version.slice(colon + 1);
  const dash = rest.lastIndexOf('-');
  return dash < 0
    ? { epoch, upstream: rest, revision: '' }
    : { epoch, upstream: rest.slice(0, dash), revision: rest.slice(dash + 1) };
}

/** `~` sorts before the end, letters before everything else. */
function rank(character: string | undefined): number {
  if (character === undefined || /\d/.test(character)) return 0;
  if (character === '~') return -1;
  return /[A-Za-z]/.test(character) ? character.charCodeAt(0) : character.charCodeAt(0) + 256;
}

function comparePart(left: string, right: string): number {
  let l = left;
  let r = right;
  while (l !== '' || r !== '') {
    const leftText = /^\D*/.exec(l)?.[0] ?? '';
    const rightText = /^\D*/.exec(r)?.[0] ?? '';
    for (let i = 0; i < Math.max(leftText.length, rightText.length); i += 1) {
      const difference = rank(leftText[i]) - rank(rightText[i]);
      if (difference !== 0) return difference;
    }
    l = l.slice(leftText.length);
    r = r.slice(rightText.length);
    const leftDigits = /^\d*/.exec(l)?.[0] ?? '';
    const rightDigits = /^\d*/.exec(r)?.[0] ?? '';
    const difference = BigInt(leftDigits || '0') - BigInt(rightDigits || '0');
    if (difference !== 0n) return difference < 0n ? -1 : 1;
    l = l.slice(leftDigits.length);
    r = r.slice(rightDigits.length);
  }
  return 0;
}

/** Negative when `left` is older than `right`, 0 when they are equal, positive when it is newer. */
export function compareVersions(left: string, right: string): number {
  const a = splitVersion(left);
  const b = splitVersion(right);
  return a.epoch - b.epoch || comparePart(a.upstream, b.upstream) || comparePart(a.revision, b.revision);
}
