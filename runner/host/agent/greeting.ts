/** The HELLO: what the agent is, whether this kit understands it, and the machine it runs on. */
import { HostUnavailable } from '../host-unavailable';
import { type HostFacts, HostLost } from '../vfio-host';
import type { Channel } from './channel';
import { MAGIC, PROTOCOL_VERSION } from './protocol';

const FIXED = 24;
const LIMIT = 4096;
/** _IO(0, 0) of the two ways to number ioctls. */
const ENCODINGS: Readonly<Record<number, HostFacts['ioctlEncoding']>> = { 0: 'generic', 536870912: 'powerpc' };

/**
 * Greets the agent, which closes everything that was still open.
 * @throws HostLost when nobody answers; HostUnavailable when it is an agent that this kit cannot use.
 */
export function greet(channel: Channel, silenceMs: number): HostFacts {
  const { name } = channel.connection;
  const { payload } = channel.exchange('hello', [MAGIC, PROTOCOL_VERSION], {
    limit: LIMIT,
    silenceMs,
    passStale: true,
  });
  const bytes = Buffer.from(payload);
  if (bytes.length < FIXED || bytes.readUInt32LE(0) !== MAGIC) {
    channel.close();
    throw new HostLost(`what answers at ${name} is no agent of vfio-conformance`);
  }
  const version = bytes.readUInt32LE(4);
  if (version !== PROTOCOL_VERSION) {
    channel.close();
    throw new HostUnavailable(
      `the agent at ${name} speaks version ${version} of the protocol, and this vfio-conformance version ${PROTOCOL_VERSION}`,
      'Install the agent that belongs to it: `vfio-conformance agent install HOST`.',
    );
  }
  const [big, wordBits, base, pageSize] = [8, 12, 16, 20].map((at) => bytes.readUInt32LE(at));
  const [architecture = '', kernelRelease = '', machine = ''] = bytes.toString('utf8', FIXED).split('\0');
  const ioctlEncoding = ENCODINGS[base ?? -1];
  const powerOfTwo = pageSize !== undefined && pageSize >= 512 && (pageSize & (pageSize - 1)) === 0;
  if (wordBits !== 64 || ioctlEncoding === undefined || !powerOfTwo) {
    channel.close();
    throw new HostUnavailable(
      `the machine behind ${name} (${architecture}) is none that the kit knows: ${wordBits}-bit words, pages of ${pageSize} bytes, ioctl base ${base}`,
      'Use a 64-bit Linux machine.',
    );
  }
  return Object.freeze({
    kind: 'agent',
    name: machine,
    architecture,
    kernelRelease,
    byteOrder: big === 0 ? 'little' : 'big',
    pageSize,
    wordBits,
    ioctlEncoding,
  });
}
