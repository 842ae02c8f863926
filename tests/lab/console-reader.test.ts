import { ConsoleReader, type Marker, parseMarker } from '../../lab/boot/console-reader';

function read(chunks: readonly string[]): { readonly markers: Marker[]; readonly output: string[] } {
  const markers: Marker[] = [];
  const output: string[] = [];
  const reader = new ConsoleReader({ onMarker: (m) => markers.push(m), onOutput: (line) => output.push(line) });
  for (const chunk of chunks) reader.push(chunk);
  reader.end();
  return { markers, output };
}

const session =
  '[    1.9] amd_pstate: nothing\r\nLAB: init 6.12.95+deb12-amd64\r\nLAB: ready\r\nfirst\r\nlast without its line endLAB: exit 7\r\nLAB: power off\r\n[    4.1] reboot: Power down\r\n';

describe("the guest's console", () => {
  const expected = {
    markers: [
      { kind: 'init', release: '6.12.95+deb12-amd64' },
      { kind: 'ready' },
      { kind: 'exit', code: 7 },
      { kind: 'power-off' },
    ],
    output: ['first', 'last without its line end'],
  };

  it("gives the markers, and the command's output between ready and exit", () => {
    expect(read([session])).toEqual(expected);
  });

  it('does not care how the bytes are cut into chunks', () => {
    expect(read([...session])).toEqual(expected);
    expect(read(session.match(/[\s\S]{1,7}/g) ?? [])).toEqual(expected);
  });

  it('gives a last line that the guest could not end', () => {
    expect(read(['LAB: ready\nhalf a li']).output).toEqual(['half a li']);
  });

  it('bounds a line that never ends', () => {
    const { output } = read(['LAB: ready\n', 'x'.repeat(40_000), 'x'.repeat(40_000), 'y\n']);
    expect(output.map((line) => line.length)).toEqual([80_000, 1]);
  });

  it('knows why a set-up failed', () => {
    expect(parseMarker('LAB: failed: no PCI device at 0000:00:10.0')?.marker).toEqual({
      kind: 'failed',
      reason: 'no PCI device at 0000:00:10.0',
    });
  });

  it.each([
    'LAB: exit',
    'LAB: exit seven',
    'LAB: ready or not',
    'the LAB is open',
  ])('does not take "%s" for a marker', (line) => {
    expect(parseMarker(line)).toBeUndefined();
  });
});
