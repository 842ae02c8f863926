import type { ByteOrder } from '../abi/byte-order';
import { BLOCK_SIZE, type PersonalityName, type SectionLayout } from './device/device-model';

/** `reference[:pci|zpci|ccw|fsl-mc][,be][,page=4k|64k][,layout=trapped|mmapped|partitioned][,size=256k][+NAME...]`, taken apart. */
export interface ReferenceName {
  readonly personality: PersonalityName;
  readonly order: ByteOrder;
  /** Bytes. */
  readonly pageSize: number;
  readonly layout: SectionLayout;
  /** Bytes of internal memory. */
  readonly stateSize: number;
  /** Names of faults and variations, in the order given. */
  readonly peculiarities: readonly string[];
}

/** A name that does not say which reference device is meant; the message says what is wrong and what would be right. */
export class ReferenceNameError extends Error {
  override readonly name = 'ReferenceNameError';
}

export const PERSONALITIES: readonly PersonalityName[] = ['pci', 'zpci', 'ccw', 'fsl-mc'];
export const LAYOUTS: readonly SectionLayout[] = ['trapped', 'mmapped', 'partitioned'];
const DEFAULT_STATE_SIZE = 64 * 1024;
const LARGEST_STATE_SIZE = 256 * 1024 * 1024;

/** True for a text that names a reference device rather than one of the host's. */
export function isReferenceName(text: string): boolean {
  return /^reference(?![\w.-])/.test(text);
}

/** Takes a device name apart; whether the faults and variations exist is for the registry to say. */
export function parseReferenceName(text: string): ReferenceName {
  if (!isReferenceName(text)) throw new ReferenceNameError(`'${text}' does not begin with 'reference'`);
  const [device = '', ...peculiarities] = text.split('+');
  if (peculiarities.some((name) => name === ''))
    throw new ReferenceNameError(`'${text}' has a '+' without a name behind it`);
  const rest = device.slice('reference'.length);
  if (rest !== '' && !rest.startsWith(':') && !rest.startsWith(','))
    throw new ReferenceNameError(`'${text}': expected ':', ',' or '+' after 'reference'`);
  const [first = '', ...options] = rest.replace(/^:/, '').split(',');
  const personality = PERSONALITIES.find((name) => name === (first === '' ? 'pci' : first));
  if (personality === undefined)
    throw new ReferenceNameError(`'${first}' is no personality of the reference device: ${PERSONALITIES.join(', ')}`);
  return { ...withOptions(personality, options), peculiarities };
}

function withOptions(personality: PersonalityName, options: readonly string[]): Omit<ReferenceName, 'peculiarities'> {
  const s390 = personality === 'zpci' || personality === 'ccw';
  let order: ByteOrder = s390 ? 'big' : 'little';
  let pageSize = 4096;
  let layout: SectionLayout = 'trapped';
  let stateSize = DEFAULT_STATE_SIZE;
  for (const option of options) {
    const [key = '', value] = option.split('=', 2);
    if (key === 'be' && value === undefined) order = 'big';
    else if (key === 'page') pageSize = pageOf(value, s390);
    else if (key === 'layout') layout = layoutOf(value);
    else if (key === 'size') stateSize = sizeOf(value);
    else throw new ReferenceNameError(`'${option}' is no option of the reference device: be, page=, layout=, size=`);
  }
  return { personality, order, pageSize, layout, stateSize };
}

function pageOf(value: string | undefined, s390: boolean): number {
  if (value === '4k') return 4096;
  if (value !== '64k') throw new ReferenceNameError(`page=${value ?? ''}: the reference device has pages of 4k or 64k`);
  if (s390) throw new ReferenceNameError('page=64k: s390x hosts, where zPCI and CCW devices are, have pages of 4k');
  return 65536;
}

function layoutOf(value: string | undefined): SectionLayout {
  const layout = LAYOUTS.find((name) => name === value);
  if (layout === undefined) throw new ReferenceNameError(`layout=${value ?? ''}: one of ${LAYOUTS.join(', ')}`);
  return layout;
}

function sizeOf(value: string | undefined): number {
  const match = /^(\d{1,9})([km]?)$/.exec(value ?? '');
  const unit = match?.[2] === 'm' ? 1024 * 1024 : match?.[2] === 'k' ? 1024 : 1;
  const size = Number(match?.[1] ?? Number.NaN) * unit;
  if (Number.isNaN(size) || size % BLOCK_SIZE !== 0 || size < BLOCK_SIZE || size > LARGEST_STATE_SIZE) {
    throw new ReferenceNameError(`size=${value ?? ''}: a multiple of 4k from 4k to 256m`);
  }
  return size;
}
