import { cli, removeWorkFolders } from './support/cli';

afterAll(removeWorkFolders);

const ALLOWED =
  'A device is a PCI address (0000:00:04.0, or 00:04.0), the UUID of a mediated device, an fsl-mc container (dprc.2), or reference[:pci|zpci|ccw|fsl-mc][,be][,page=64k][+NAME...].';

describe('what a device says of itself', () => {
  test('regions, interrupts, the migration fields that may be read, the IOMMU', () => {
    const { code, stdout, stderr } = cli(['inspect', 'reference']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^ {2}flags +0x3 \(pci, reset\)$/m);
    expect(stdout).toMatch(/^ {2}7 +config +0x100 +0x70000000000 +read write$/m);
    expect(stdout).toMatch(/^ {2}9 +migration\/migration +0x\w+ +0x90000000000 +read write$/m);
    expect(stdout).toMatch(/^ {2}0 +intx +1 +eventfd maskable automasked$/m);
    expect(stdout).toMatch(/^ {4}device_state +at 0 +0x1 \(running\)$/m);
    expect(stdout).toMatch(/^ {4}data_offset +at 16 +not read: reading it tells the driver to make data ready$/m);
    expect(stdout).toMatch(/^ {2}dirty log +page sizes 0x1000, bitmaps up to 0x10000000 bytes$/m);
  });

  test('capabilities are decoded, the parts that can be mapped are listed', () => {
    const { stdout } = cli(['inspect', 'reference:zpci,layout=partitioned']);
    expect(stdout).toMatch(/^Capability 1, version 2, at \d+\n {2}zPCI BASE$/m);
    expect(stdout).toMatch(/^ {4}end_dma +0x13fffffff$/m);
    expect(stdout).toMatch(/^ {4}util_str +"VFIO REFERENCE /m);
    expect(stdout).toMatch(/^ {11}mappable part +0x\w+ +0x\w+$/m);
  });

  test('capabilities that nobody knows are listed as they are', () => {
    const { stdout } = cli(['inspect', 'reference+unknown-region-capability']);
    expect(stdout).toMatch(
      /^ {2}region 9:\n {4}capability \d+ \(unknown\), version \d+, at \d+: \d+ bytes: [0-9a-f]+$/m,
    );
  });

  test('as JSON', () => {
    const { code, stdout } = cli(['inspect', 'reference:ccw', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      device: 'reference:ccw',
      host: { architecture: 's390x', byteOrder: 'big' },
      info: { flagNames: expect.arrayContaining(['ccw']) },
      migration: {
        version1: {
          fields: expect.arrayContaining([expect.objectContaining({ name: 'device_state', value: '0x1 (running)' })]),
        },
      },
    });
  });
});

describe('devices that cannot be inspected', () => {
  test('a name that is none', () => {
    expect(cli(['inspect', 'refrence'])).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: DEVICE "refrence": not the name of a device. ${ALLOWED}\n  did you mean reference ?\n`,
    });
  });

  test('a fault that there is not', () => {
    expect(cli(['inspect', 'reference+opens-stoped'])).toEqual({
      code: 2,
      stdout: '',
      stderr:
        "error: DEVICE \"reference+opens-stoped\": there is no fault or variation 'opens-stoped': did you mean 'opens-stopped'?\n  `vfio-conformance faults` lists the faults and variations.\n",
    });
  });

  test('a device that this machine does not have', () => {
    const { code, stdout, stderr } = cli(['inspect', 'ffff:00:1f.7']);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(
      /^error: there is no PCI device ffff:00:1f\.7 on \S+\n {2}`lspci -D` lists the devices there are; `vfio-conformance devices` those that VFIO can open\.\n$/,
    );
  });
});
