import { type CpioEntry, cpioPieces, missingFolders } from '../../lab/initramfs/cpio';

interface Member {
  readonly path: string;
  readonly mode: string;
  readonly body: string;
}

/** Reads an archive back by the format's own description (cpio(5), "New ASCII Format"), independently of how it was written. */
function members(archive: Buffer): Member[] {
  const found: Member[] = [];
  for (let at = 0; at < archive.length; ) {
    expect(at % 4).toBe(0);
    const field = (index: number): number =>
      Number.parseInt(archive.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    expect(archive.toString('latin1', at, at + 6)).toBe('070701');
    const size = field(6);
    const nameLength = field(11);
    const path = archive.toString('utf8', at + 110, at + 110 + nameLength - 1);
    expect(archive[at + 110 + nameLength - 1]).toBe(0);
    const bodyAt = Math.ceil((at + 110 + nameLength) / 4) * 4;
    found.push({ path, mode: field(1).toString(8), body: archive.toString('utf8', bodyAt, bodyAt + size) });
    at = Math.ceil((bodyAt + size) / 4) * 4;
  }
  return found;
}

const entries: CpioEntry[] = [
  { kind: 'file', path: 'usr/bin/node', content: Buffer.from('ELF'), executable: true },
  { kind: 'link', path: 'bin/sh', target: 'busybox' },
  { kind: 'file', path: 'bin/busybox', content: Buffer.from('12345'), executable: true },
  { kind: 'folder', path: 'dev/pts' },
  { kind: 'file', path: 'etc/hosts', content: Buffer.from('') },
];

describe('a newc archive', () => {
  it('holds every folder before what lies in it, and ends with the trailer', () => {
    expect(members(Buffer.concat(cpioPieces(entries)))).toEqual([
      { path: 'bin', mode: '40755', body: '' },
      { path: 'dev', mode: '40755', body: '' },
      { path: 'etc', mode: '40755', body: '' },
      { path: 'usr', mode: '40755', body: '' },
      { path: 'usr/bin', mode: '40755', body: '' },
      { path: 'dev/pts', mode: '40755', body: '' },
      { path: 'usr/bin/node', mode: '100755', body: 'ELF' },
      { path: 'bin/sh', mode: '120777', body: 'busybox' },
      { path: 'bin/busybox', mode: '100755', body: '12345' },
      { path: 'etc/hosts', mode: '100644', body: '' },
      { path: 'TRAILER!!!', mode: '0', body: '' },
    ]);
  });

  it('is the same bytes for the same content', () => {
    expect(Buffer.concat(cpioPieces(entries))).toEqual(Buffer.concat(cpioPieces(entries)));
  });

  it('has a length from which the next archive can follow', () => {
    expect(Buffer.concat(cpioPieces(entries)).length % 4).toBe(0);
  });

  it.each(['/absolute', '', 'a/../b'])('refuses the path "%s"', (path) => {
    expect(() => cpioPieces([{ kind: 'folder', path }])).toThrow(RangeError);
  });

  it('refuses a path that comes twice', () => {
    expect(() => cpioPieces([...entries, { kind: 'folder', path: 'bin/sh' }])).toThrow(/twice/);
  });

  it('adds only folders that are not listed', () => {
    expect(
      missingFolders([
        { kind: 'folder', path: 'a' },
        { kind: 'folder', path: 'a/b/c' },
      ]),
    ).toEqual(['a/b']);
  });
});
