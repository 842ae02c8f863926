import { LanguageError } from '../../runner/language';
import { good, profile } from './fixtures/check';

const TEXT = `device: QEMU edu
match: {pci: "1234:11e8"}
claims: [dirty-pages]
dma:
  - write: {region: config, at: 0x4, u16: 0x7}
  - write: {region: bar0, at: 0x88, u64: "\${iova}"}
  - write: {region: bar0, at: 0x90, u16: "\${size}"}
fingerprint:
  - read: {region: bar0, at: 0x4, width: 4}
counter: {region: bar0, at: 0x8, width: 4}
quiet: 100ms
deadline: 2s
waivers:
  - {clause: SAVE-ACK, reason: erratum 12, until: 2027-01-01}
assume: {arch: s390x}
`;

test('every key arrives lowered', () => {
  const read = good(profile(TEXT));
  expect(read).toMatchObject({
    device: 'QEMU edu',
    match: { pci: '1234:11e8' },
    claims: ['dirty-pages'],
    counter: { region: 'bar0', at: 8n, width: 4 },
    quiet: 100,
    deadline: 2000,
    waivers: [{ clause: 'SAVE-ACK', reason: 'erratum 12', until: '2027-01-01', position: { line: 14, column: 5 } }],
    assume: { arch: 's390x' },
    position: { line: 1, column: 1 },
  });
  expect(read.irq).toBeUndefined();
});

test('what is not there has its default', () => {
  const read = good(profile('device: Plain\nmatch: {driver: mtty, mdev-type: mtty-2}\n'));
  expect(read).toMatchObject({ match: { driver: 'mtty', mdevType: 'mtty-2' }, waivers: [], assume: {} });
});

test('a template is lowered anew for each use, exactly', () => {
  const { dma } = good(profile(TEXT));
  const first = dma?.instantiate({ iova: 0xfedc_ba98_7654_3210n, size: 4096n });
  expect(first?.map((step) => step.args.u64 ?? step.args.u16)).toEqual([7n, 0xfedc_ba98_7654_3210n, 4096n]);
  expect(first?.[1]).toMatchObject({
    title: 'write: {region: bar0, at: 0x88, u64: 0xfedcba9876543210}',
    position: { line: 6, column: 5 },
  });
  expect(dma?.instantiate({ iova: 0n, size: 1n })[1]?.args.u64).toBe(0n);
});

test('a value that does not fit its field is told at its place', () => {
  const { dma } = good(profile(TEXT));
  const use = () => dma?.instantiate({ iova: 0n, size: 65536n });
  expect(use).toThrow(LanguageError);
  expect(use).toThrow(/here\.yaml:7:42: 0x10000 is too large/);
});

test('a use that gives too little is told so', () => {
  expect(() => good(profile(TEXT)).dma?.instantiate({ iova: 0n })).toThrow(/nothing gives \$\{size\} a value/);
});
