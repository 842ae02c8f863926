import { LabFailure } from '../../lab/failure';
import { parseDependencies, parseIndex } from '../../lab/kernel/package-index';
import { selectKernel, seriesOf } from '../../lab/kernel/select-kernel';

interface Stanza {
  readonly name: string;
  readonly version: string;
  readonly depends?: string;
}

function indexText(stanzas: readonly Stanza[]): string {
  return stanzas
    .map(({ name, version, depends }) =>
      [
        `Package: ${name}`,
        'Architecture: amd64',
        `Version: ${version}`,
        ...(depends === undefined ? [] : [`Depends: ${depends}`]),
        'Description: a package',
        '',
      ].join('\n'),
    )
    .join('\n');
}

/** The packages of one backports kernel, with its headers unless they were taken out of the archive. */
function backport(upstream: string, headers: boolean): Stanza[] {
  const version = `${upstream}-1~bpo12+1`;
  const release = `${upstream}+deb12`;
  const images = [
    { name: `linux-image-${release}-amd64`, version },
    { name: `linux-image-${release}-cloud-amd64`, version },
  ];
  if (!headers) return images;
  return [
    ...images,
    { name: `linux-image-${release}-amd64-unsigned`, version },
    { name: `linux-image-${release}-amd64-dbg`, version },
    {
      name: `linux-headers-${release}-amd64`,
      version,
      depends:
        `linux-base (>= 4.12~), linux-headers-${release}-common (= ${version}), ` +
        `linux-image-${release}-amd64 (= ${version}) | linux-image-${release}-amd64-unsigned (= ${version}), ` +
        `linux-kbuild-${release}, gcc-12`,
    },
    { name: `linux-headers-${release}-common`, version },
    { name: `linux-kbuild-${release}`, version },
  ];
}

const select = (stanzas: readonly Stanza[], series: string): ReturnType<typeof selectKernel> =>
  selectKernel(parseIndex(indexText(stanzas), 'linux-'), series);

describe('the choice of a kernel', () => {
  it('takes image, headers and kbuild of one version, though newer images are listed without headers', () => {
    const chosen = select(
      [...backport('6.12.107', false), ...backport('6.12.95', true), ...backport('6.12.43', false)],
      '6.12',
    );
    expect(chosen).toEqual({
      release: '6.12.95+deb12-amd64',
      version: '6.12.95-1~bpo12+1',
      image: { name: 'linux-image-6.12.95+deb12-amd64', version: '6.12.95-1~bpo12+1' },
      headers: { name: 'linux-headers-6.12.95+deb12-amd64', version: '6.12.95-1~bpo12+1' },
      commonHeaders: { name: 'linux-headers-6.12.95+deb12-common', version: '6.12.95-1~bpo12+1' },
      kbuild: { name: 'linux-kbuild-6.12.95+deb12', version: '6.12.95-1~bpo12+1' },
      compiler: 'gcc-12',
    });
  });

  it('takes the newest of several complete ones', () => {
    expect(select([...backport('6.12.9', true), ...backport('6.12.95', true)], '6.12').release).toBe(
      '6.12.95+deb12-amd64',
    );
  });

  it('takes the unsigned image where there is no signed one', () => {
    const stanzas = backport('6.12.95', true).filter(({ name }) => name !== 'linux-image-6.12.95+deb12-amd64');
    expect(select(stanzas, '6.12').image.name).toBe('linux-image-6.12.95+deb12-amd64-unsigned');
  });

  it('understands the names of 6.1: an ABI number, a kbuild with a least version, a compiler package', () => {
    const stanzas = [
      { name: 'linux-image-6.1.0-50-amd64', version: '6.1.176-1' },
      { name: 'linux-image-6.1.0-50-rt-amd64', version: '6.1.176-1' },
      {
        name: 'linux-headers-6.1.0-50-amd64',
        version: '6.1.176-1',
        depends:
          'linux-headers-6.1.0-50-common (= 6.1.176-1), linux-kbuild-6.1 (>= 6.1.176-1), linux-compiler-gcc-12-x86',
      },
      { name: 'linux-headers-6.1.0-50-common', version: '6.1.176-1' },
      { name: 'linux-kbuild-6.1', version: '6.1.170-3' },
      { name: 'linux-kbuild-6.1', version: '6.1.176-1' },
      { name: 'linux-source-6.1', version: '6.1.170-3' },
      { name: 'linux-source-6.1', version: '6.1.176-1' },
    ];
    const chosen = select(stanzas, '6.1');
    expect(chosen.kbuild).toEqual({ name: 'linux-kbuild-6.1', version: '6.1.176-1' });
    expect(chosen.compiler).toBe('gcc-12');
    expect(chosen.source).toEqual({ name: 'linux-source-6.1', version: '6.1.176-1' });
    expect(() =>
      select(
        stanzas.filter(({ version, name }) => !(name === 'linux-kbuild-6.1' && version === '6.1.176-1')),
        '6.1',
      ),
    ).toThrow(/linux-image-6\.1\.0-50-amd64 6\.1\.176-1: no kbuild/);
  });

  it('says what is missing when nothing is complete', () => {
    expect(() => select(backport('6.12.107', false), '6.12')).toThrow(
      /6\.12\.107\+deb12-amd64 .*no headers of the same version/,
    );
    expect(() => select([], '6.12')).toThrow(LabFailure);
  });

  it.each([
    ['6.12.95+deb12-amd64', '6.12'],
    ['6.12.90+deb12.1-amd64', '6.12'],
    ['6.1.0-50-amd64', '6.1'],
    ['6.12.95+deb12-cloud-amd64', undefined],
    ['6.1.0-50-rt-amd64', undefined],
    ['6.12.95+deb12-arm64', undefined],
    ['amd64', undefined],
  ])('the series of %s is %s', (release, series) => {
    expect(seriesOf(release)).toBe(series);
  });
});

describe('a package index', () => {
  it('gives every version of a name, and only the names asked for', () => {
    const text = indexText([
      { name: 'linux-a', version: '1' },
      { name: 'other', version: '1' },
      { name: 'linux-a', version: '2', depends: 'x' },
    ]);
    expect(parseIndex(text, 'linux-')).toEqual([
      { name: 'linux-a', version: '1', depends: '' },
      { name: 'linux-a', version: '2', depends: 'x' },
    ]);
  });

  it('does not take a line of the description for a field', () => {
    expect(parseIndex('Package: linux-a\nVersion: 1\nDescription: text\n Depends: on your mood\n', 'linux-')).toEqual([
      { name: 'linux-a', version: '1', depends: '' },
    ]);
  });

  it('reads alternatives, relations and architecture qualifiers', () => {
    expect(parseDependencies('python3:any, a (>= 1.2~) | b (= 3), c')).toEqual([
      { name: 'python3' },
      { name: 'a', relation: '>=', version: '1.2~' },
      { name: 'b', relation: '=', version: '3' },
      { name: 'c' },
    ]);
  });
});
