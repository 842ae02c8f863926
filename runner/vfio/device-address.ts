/** How a device is named on the command line. */
import type { ByteOrder } from '../abi';

export const PERSONALITIES = ['pci', 'zpci', 'ccw', 'fsl-mc'] as const;
export type Personality = (typeof PERSONALITIES)[number];

const PAGE_SIZES: Readonly<Record<string, number>> = { '4k': 4096, '16k': 16384, '64k': 65536 };

/** A PCI device: `name` is the full address, `0000:00:04.0`. */
export interface PciAddress {
  readonly kind: 'pci';
  readonly name: string;
}

/** A mediated device: `name` is its UUID in lower case. */
export interface MdevAddress {
  readonly kind: 'mdev';
  readonly name: string;
}

/** The simulated device. */
export interface ReferenceAddress {
  readonly kind: 'reference';
  /** In one spelling: `reference:zpci,be,page=64k+NAME`. */
  readonly name: string;
  readonly personality: Personality;
  readonly byteOrder: ByteOrder;
  /** Bytes. */
  readonly pageSize: number;
  /** Faults and benign variations to switch on; whether there are such is the reference's to say. */
  readonly names: readonly string[];
}

export type DeviceAddress = PciAddress | MdevAddress | ReferenceAddress;

export type ParsedAddress =
  | { readonly ok: true; readonly value: DeviceAddress }
  /** `message` says what is wrong and what is allowed. */
  | { readonly ok: false; readonly message: string };

const PCI = /^(?:([0-9a-f]{1,8}):)?([0-9a-f]{1,2}):([0-9a-f]{1,2})\.([0-7])$/i;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const ALLOWED =
  'a PCI address (0000:00:04.0, or 00:04.0), the UUID of a mediated device, or ' +
  `reference[:${PERSONALITIES.join('|')}][,be][,page=4k|16k|64k][+NAME...]`;

/** Reads a device's name. */
export function parseDeviceAddress(text: string): ParsedAddress {
  const trimmed = text.trim();
  if (/^reference(?![\w-])/.test(trimmed)) {
    return parseReference(trimmed);
  }
  if (UUID.test(trimmed)) {
    return { ok: true, value: { kind: 'mdev', name: trimmed.toLowerCase() } };
  }
  const pci = PCI.exec(trimmed);
  if (pci) {
    const [, domain = '0', bus = '', slot = '', fn = ''] = pci;
    if (Number.parseInt(slot, 16) > 0x1f) {
      return wrong(text, `slot ${slot} is above 1f`);
    }
    const part = (digits: string, width: number): string =>
      Number.parseInt(digits, 16).toString(16).padStart(width, '0');
    return { ok: true, value: { kind: 'pci', name: `${part(domain, 4)}:${part(bus, 2)}:${part(slot, 2)}.${fn}` } };
  }
  return wrong(text, 'not the name of a device');
}

function parseReference(text: string): ParsedAddress {
  const [head = '', ...names] = text.slice('reference'.length).split('+');
  const [personalityPart = '', ...options] = head.split(',');
  const personality = personalityPart === '' ? 'pci' : personalityPart.slice(1);
  if ((personalityPart !== '' && !personalityPart.startsWith(':')) || !isPersonality(personality)) {
    return wrong(text, `"${personalityPart}" is none of :${PERSONALITIES.join(', :')}`);
  }
  let byteOrder: ByteOrder = 'little';
  let page = '4k';
  const seen = new Set<string>();
  for (const option of options) {
    const [key = '', value] = option.split('=');
    if (seen.has(key)) {
      return wrong(text, `"${key}" is there twice`);
    }
    seen.add(key);
    if (option === 'be') {
      byteOrder = 'big';
    } else if (key === 'page' && value !== undefined && Object.hasOwn(PAGE_SIZES, value)) {
      page = value;
    } else {
      return wrong(text, `"${option}" is none of be, page=${Object.keys(PAGE_SIZES).join(', page=')}`);
    }
  }
  const odd = names.find((name) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name));
  if (odd !== undefined) {
    return wrong(text, `"+${odd}" is not the name of a fault or a variation (lower case, words joined by -)`);
  }
  const repeated = names.find((name, n) => names.indexOf(name) !== n);
  if (repeated !== undefined) {
    return wrong(text, `"+${repeated}" is there twice`);
  }
  const spelled = [
    `reference:${personality}`,
    ...(byteOrder === 'big' ? ['be'] : []),
    ...(page === '4k' ? [] : [`page=${page}`]),
  ];
  return {
    ok: true,
    value: {
      kind: 'reference',
      name: [spelled.join(','), ...names].join('+'),
      personality,
      byteOrder,
      pageSize: PAGE_SIZES[page] ?? 4096,
      names,
    },
  };
}

function isPersonality(word: string): word is Personality {
  return (PERSONALITIES as readonly string[]).includes(word);
}

function wrong(text: string, reason: string): ParsedAddress {
  return { ok: false, message: `"${text}": ${reason}. A device is ${ALLOWED}.` };
}
