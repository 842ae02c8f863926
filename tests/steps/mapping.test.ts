/** map, unmap and dma: where memory comes to lie, what one unmap takes away, and what the device wrote. */
import { accessesOf, found, runSteps } from './run-steps';

const MAP = 'VFIO_IOMMU_MAP_DMA';
const UNMAP = 'VFIO_IOMMU_UNMAP_DMA';

async function calls(steps: string, title: string, device = 'reference'): Promise<string[]> {
  const result = await runSteps(steps, device);
  expect([result.status, result.reason]).toEqual(['passed', undefined]);
  return accessesOf(result, title)
    .filter(({ call }) => call === 'ioctl')
    .map(({ target, errno }) => (errno ? `${target} ${errno}` : target));
}

describe('map', () => {
  test('sizes are in pages of the host', async () => {
    const steps = '  - map: {as: ram, pages: 3}\n  - dirty: start\n  - dma: {page: 2}\n  - dirty: expect\n';
    for (const device of ['reference', 'reference,page=64k']) {
      const result = await runSteps(steps, device);
      const table = result.steps.at(-1)?.attachments[0]?.body ?? '';
      expect(table).toMatch(device === 'reference' ? /^1 of 3 pages of 4096 bytes/ : /^1 of 3 pages of 65536 bytes/);
    }
  });

  test('the same memory many times is one name, and one unmap takes it away', async () => {
    const steps = '  - map: {as: many, times: 5}\n  - unmap: many\n  - map: {as: many, times: 5}\n';
    expect((await calls(steps, 'map')).filter((call) => call === MAP)).toHaveLength(5);
    expect((await calls(steps, 'unmap')).filter((call) => call === UNMAP)).toHaveLength(1);
  });

  test('until nothing is left, and once more', async () => {
    const steps = '  - map: {as: all, full: 1000}\n  - unmap: all\n  - map: {as: one}\n';
    const made = await calls(steps, 'map: {as: all');
    // DMA_AVAIL was read in between, and was 0.
    expect(made.slice(-4)).toEqual([MAP, 'VFIO_IOMMU_GET_INFO', 'VFIO_IOMMU_GET_INFO', `${MAP} ENOSPC`]);
    const judged = (await runSteps(steps)).tallies.find(({ clause }) => clause === 'IOMMU-AVAIL-ENOSPC');
    expect(judged).toMatchObject({ kept: 1, broken: 0 });
  });

  test('not where that takes too many', async () => {
    const result = await runSteps('  - map: {as: all, full: 10}\n');
    expect(result.notes).toContain('DMA_AVAIL is 256: more mappings than the 10 that this step makes');
    expect(accessesOf(result, 'map').filter(({ target }) => target === MAP)).toHaveLength(0);
  });

  test('that fails without being meant to is no fault of the device', async () => {
    const result = await runSteps('  - map: {as: one}\n  - map: {as: two, inside: one}\n');
    expect(result).toMatchObject({ status: 'broken', findings: [] });
    expect(result.reason).toMatch(/^map: VFIO_IOMMU_MAP_DMA of 4096 bytes: EEXIST/);
  });
});

describe('unmap with a bitmap', () => {
  const SETUP = '  - map: {as: ram, pages: 70}\n  - dirty: start\n  - dma: {page: [0, 69]}\n';

  test('tries whether the place is free', async () => {
    expect(await calls(`${SETUP}  - unmap: {of: ram, dirty: true}\n`, 'unmap')).toEqual([UNMAP, MAP, UNMAP]);
  });

  test('that is refused tries whether the place is still taken', async () => {
    const steps = `${SETUP}  - unmap: {of: ram, dirty: true, bitmap: 8B}\n    expect: failure\n`;
    expect(await calls(steps, 'unmap')).toEqual([`${UNMAP} EINVAL`, `${MAP} EEXIST`]);
    expect(found(await runSteps(steps, 'reference+unmap-small-bitmap-unmaps'))).toEqual(['UNMAP-SIZE']);
  });

  test('that leaves the mapping, or the bitmap, is found out', async () => {
    const steps = `${SETUP}  - unmap: {of: ram, dirty: true}\n`;
    expect(found(await runSteps(steps, 'reference+unmap-bitmap-keeps-mapping'))).toEqual(['UNMAP-BITMAP']);
    expect(found(await runSteps(steps, 'reference+unmap-bitmap-empty'))).toEqual(['UNMAP-BITMAP']);
  });
});

describe('dma', () => {
  const logged = (dma: string) =>
    `  - map: {as: ram, pages: 8}\n  - dirty: start\n  - dma: ${dma}\n  - dirty: expect\n`;
  const pages = async (dma: string): Promise<string> => {
    const result = await runSteps(logged(dma));
    expect(found(result)).toEqual([]);
    const table = result.steps.at(-1)?.attachments[0]?.body ?? '';
    return table.replaceAll(/0x([0-9a-f]+) {2}/g, '');
  };

  test.each([
    ['{page: 3, size: 1B}', '1 of 8', ['1 page']],
    ['{page: 3, size: 1B, place: end}', '1 of 8', ['1 page']],
    ['{page: 3, size: 2B, place: across}', '2 of 8', ['2 pages']],
    ['{page: 1, pages: 3}', '3 of 8', ['3 pages']],
    ['{page: [0, 7], size: 8B}', '2 of 8', ['1 page', '1 page']],
    ['{page: 2, at: 4095, size: 2B}', '2 of 8', ['2 pages']],
  ])('%s touches %s pages', async (dma, count, runs) => {
    const [head = '', ...rest] = (await pages(dma)).split('\n');
    expect([head.slice(0, count.length), rest]).toEqual([count, runs]);
  });

  test('random writes are the same each time, and others in the next step', async () => {
    const steps =
      '  - map: {as: ram, pages: 64}\n  - dirty: start\n  - repeat: 2\n    steps:\n      - dma: {random: 3}\n      - dirty: expect\n';
    const tables = async () => {
      const result = await runSteps(steps);
      expect(found(result)).toEqual([]);
      return result.steps
        .at(-1)
        ?.steps.map(({ attachments }) => attachments[0]?.body)
        .filter((body) => body);
    };
    const [first, second] = (await tables()) ?? [];
    expect(first).not.toEqual(second);
    expect(await tables()).toEqual([first, second]);
  });

  test('goes on from one mapping into the next', async () => {
    const steps = `
  - map: {as: whole, pages: 4}
  - unmap: whole
  - map: {as: first, inside: whole, pages: 2}
  - map: {as: last, inside: whole, page: 2, pages: 2}
  - dirty: start
  - dma: {to: first, page: 1, size: 64B, place: across}
  - dirty: {do: expect, of: last}
`;
    expect(found(await runSteps(steps))).toEqual([]);
    const fault = await runSteps(steps, 'reference+dirty-missing-second-mapping-of-write');
    expect(found(fault)).toEqual(['DIRTY-COMPLETE']);
  });

  test('that does not arrive is not held against anybody', async () => {
    const result = await runSteps('  - map: {as: ram, access: read}\n  - dma: ram\n');
    expect(result).toMatchObject({ status: 'broken', findings: [] });
    expect(result.reason).toMatch(/^dma: the device did not write all of the 4096 bytes/);
  });

  test('to where nothing is mapped is a mistake of the scenario', async () => {
    const result = await runSteps('  - map: {as: ram, pages: 2}\n  - dma: {page: 1, pages: 2}\n');
    expect(result.reason).toMatch(/^dma: 0x[0-9a-f]+ is not memory that was mapped$/);
  });
});
