/**
 * Every size, offset and number in abi/ against the C compiler and the kernel headers of this machine.
 *
 * Proves: ABI.
 */
import {
  ALL_CONSTANTS,
  ALL_LAYOUTS,
  ERRNO_NAMES,
  IOCTLS,
  type IoctlName,
  ioctlNumber,
  isKernelInternalErrno,
  type Layout,
  VFIO_DEVICE_STATE_IS_ERROR,
  VFIO_DEVICE_STATE_SET_ERROR,
  VFIO_DEVICE_STATE_VALID,
} from '../../runner/abi';
import { requirement } from '../support/requirements';
import { runGoldenProgram, TRIED_STATES } from './golden-program';
import { ADDED_BY_THE_INTERFACE_TEXT, FIRST_FIELD_OF_VERSION_2, MAY_LACK, OTHER_SIZES } from './header-names';

const golden = requirement('c-compiler', 'kernel-headers');

describe('abi against <linux/vfio.h>, <linux/vfio_zdev.h> and <linux/vfio_ccw.h>', () => {
  let header: ReadonlyMap<string, string>;
  beforeAll(() => {
    header = golden.met ? runGoldenProgram() : new Map();
  });

  const said = (key: string): string => header.get(key) ?? 'not in the header';
  const numberOf = (key: string): number => Number(said(key));
  const isVersion1 = (layout: Layout): boolean => {
    const firstNew = FIRST_FIELD_OF_VERSION_2[layout.name];
    return firstNew !== undefined && !(firstNew in layout.fields);
  };

  golden.test('golden: every field stands where the header puts it', () => {
    const ours = ALL_LAYOUTS.flatMap((layout) =>
      Object.entries(layout.fields).map(([name, field]) => `${layout.name}.${name}: ${field.offset} ${field.width}`),
    );
    const theirs = ALL_LAYOUTS.flatMap((layout) =>
      Object.keys(layout.fields).map((name) => `${layout.name}.${name}: ${said(`field ${layout.name}.${name}`)}`),
    );
    expect(ours).toEqual(theirs);
    expect(ours.length).toBeGreaterThan(100);
  });

  golden.test('golden: every structure has the size of the header', () => {
    for (const layout of ALL_LAYOUTS) {
      const size = numberOf(`size ${layout.name}`);
      if (isVersion1(layout)) {
        const [end = 0] = said(`field ${layout.name}.${FIRST_FIELD_OF_VERSION_2[layout.name]}`).split(' ').map(Number);
        expect([layout.name, 'version 1', layout.size]).toEqual([layout.name, 'version 1', Math.ceil(end / 8) * 8]);
      } else if (!OTHER_SIZES[layout.name]?.sizes.includes(size)) {
        expect([layout.name, layout.size]).toEqual([layout.name, size]);
      }
    }
  });

  golden.test('golden: every constant has the number of the header, and only listed ones may be missing', () => {
    for (const [name, value] of ALL_CONSTANTS) {
      const theirs = header.get(`constant ${name}`);
      if (theirs === undefined) {
        expect([name, MAY_LACK[name]]).toEqual([name, expect.stringMatching(/\S/)]);
      } else if (typeof value === 'number') {
        // 1 << 31 is a negative int in C; the registers and fields are unsigned.
        expect([name, value]).toEqual([name, Number(theirs) >>> 0]);
      } else {
        expect([name, value]).toEqual([name, theirs]);
      }
    }
  });

  golden.test('golden: every ioctl has the number of the header', () => {
    const powerpc = process.arch === 'ppc64' ? 'powerpc' : 'generic';
    for (const name of Object.keys(IOCTLS) as IoctlName[]) {
      expect([name, ioctlNumber(name, powerpc)]).toEqual([name, numberOf(`ioctl ${name}`)]);
    }
  });

  golden.test('golden: every errno has the number of the system header', () => {
    for (const [name, value] of ERRNO_NAMES) {
      if (!isKernelInternalErrno(value)) {
        expect([name, value]).toEqual([name, numberOf(`errno ${name}`)]);
      }
    }
  });

  golden.test('golden: VALID, IS_ERROR and SET_ERROR answer as the macros do', () => {
    for (const state of TRIED_STATES) {
      expect([state, VFIO_DEVICE_STATE_VALID(state)]).toEqual([state, said(`state VALID ${state}`) === '1']);
      expect([state, VFIO_DEVICE_STATE_IS_ERROR(state)]).toEqual([state, said(`state IS_ERROR ${state}`) === '1']);
      expect([state, VFIO_DEVICE_STATE_SET_ERROR(state)]).toEqual([state, numberOf(`state SET_ERROR ${state}`)]);
    }
  });
});

test('everything that the interface text adds is in the registries', () => {
  const known = new Set([...ALL_CONSTANTS.keys(), ...ALL_LAYOUTS.map((layout) => layout.name), ...Object.keys(IOCTLS)]);
  expect(ADDED_BY_THE_INTERFACE_TEXT.filter((name) => !known.has(name))).toEqual([]);
});
