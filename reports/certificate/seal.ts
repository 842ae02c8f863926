/**
 * The seal of a certificate: a digest over every byte before it, and where a key was given an Ed25519 signature of that digest. The rest of
 * the file is the seal itself in one exact spelling, so that no byte of the file can change unseen.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { Seal } from './schema';

/** How one kind of file carries its seal: what stands before it and after it. */
export interface Carrier {
  readonly before: string;
  readonly after: string;
}

export const JSON_CARRIER: Carrier = { before: ',\n  "seal": ', after: '\n}\n' };
export const HTML_CARRIER: Carrier = { before: '<script type="application/json" id="seal">', after: '</script>\n' };

/** A seal is far shorter; what is longer is none. */
const LONGEST_SEAL = 4096;

export type Verified =
  | { readonly ok: true; readonly digest: string; readonly signedBy?: KeyObject }
  /** What is wrong, in one line. */
  | { readonly ok: false; readonly message: string };

/** The line that is signed: `openssl pkeyutl -verify -rawin` can check it as well. */
export function signedLine(digest: string): Buffer {
  return Buffer.from(`vfio-conformance certificate sha256:${digest}\n`);
}

/** The whole file: `body`, then its seal. */
export function sealed(body: string, carrier: Carrier, key?: KeyObject): string {
  const digest = digestOf(Buffer.from(body));
  const seal: Seal = {
    algorithm: 'sha256',
    digest,
    ...(key
      ? {
          signature: {
            algorithm: 'Ed25519',
            publicKey: base64Of(createPublicKey(key)),
            value: sign(null, signedLine(digest), key).toString('base64'),
          },
        }
      : {}),
  };
  return `${body}${carrier.before}${spelled(seal)}${carrier.after}`;
}

/** Checks the seal of a file, its signature included, against what is in the file itself; whose key it is, the caller has to know. */
export function checkSeal(file: Buffer, carrier: Carrier): Verified {
  const before = Buffer.from(carrier.before);
  const at = file.lastIndexOf(before);
  const after = Buffer.from(carrier.after);
  const end = file.length - after.length;
  const begin = at + before.length;
  if (at < 0 || end < begin || end - begin > LONGEST_SEAL || !file.subarray(end).equals(after))
    return {
      ok: false,
      message: 'it does not end with a seal: it is no certificate, or its end was changed or cut off',
    };
  const seal = parseSeal(file.subarray(begin, end));
  if (!seal) return { ok: false, message: 'its seal was changed' };
  const digest = digestOf(file.subarray(0, at));
  if (digest !== seal.digest)
    return { ok: false, message: 'it was changed after it was made: its digest is another one' };
  if (!seal.signature) return { ok: true, digest };
  const key = publicKeyOf(seal.signature.publicKey);
  if (!key) return { ok: false, message: 'its signature names no Ed25519 key' };
  if (!verify(null, signedLine(digest), key, Buffer.from(seal.signature.value, 'base64')))
    return { ok: false, message: 'its signature is not that of the key that it names' };
  return { ok: true, digest, signedBy: key };
}

/** @throws Error with a sentence for people when this is no private Ed25519 key in PEM. */
export function privateKeyFrom(pem: string): KeyObject {
  return ed25519(pem, createPrivateKey, 'a private key in PEM, as `openssl genpkey -algorithm ed25519` makes it');
}

/** Takes a private key too: its public half is meant. @throws Error with a sentence for people. */
export function publicKeyFrom(pem: string): KeyObject {
  return ed25519(pem, createPublicKey, 'a public key in PEM, as `openssl pkey -pubout` makes it');
}

/** The key's name in reports: the SHA-256 of the public half's SubjectPublicKeyInfo. */
export function fingerprintOf(key: KeyObject): string {
  const half = key.type === 'private' ? createPublicKey(key) : key;
  return digestOf(half.export({ type: 'spki', format: 'der' }));
}

function ed25519(pem: string, read: (pem: string) => KeyObject, wanted: string): KeyObject {
  let key: KeyObject;
  try {
    key = read(pem);
  } catch (error) {
    const encrypted = /passphrase|ENCRYPTED/i.test(`${pem}${error instanceof Error ? error.message : ''}`);
    throw new Error(encrypted ? 'the key is encrypted; decrypt it with `openssl pkey` first' : `it is not ${wanted}`);
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new Error(`it is a key for ${key.asymmetricKeyType ?? 'something else'}; an Ed25519 key is wanted`);
  return key;
}

/** The seal, if these bytes are its one spelling: base64 and JSON could otherwise be written in several ways. */
function parseSeal(bytes: Buffer): Seal | undefined {
  try {
    const { digest, signature } = JSON.parse(bytes.toString('utf8')) as Seal;
    const seal: Seal = {
      algorithm: 'sha256',
      digest: String(digest),
      ...(signature
        ? {
            signature: {
              algorithm: 'Ed25519',
              publicKey: respelled(signature.publicKey),
              value: respelled(signature.value),
            },
          }
        : {}),
    };
    return bytes.equals(Buffer.from(spelled(seal))) ? seal : undefined;
  } catch {
    return undefined;
  }
}

function spelled(seal: Seal): string {
  return JSON.stringify(seal);
}

function respelled(base64: string): string {
  return Buffer.from(base64, 'base64').toString('base64');
}

function publicKeyOf(base64: string): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: Buffer.from(base64, 'base64'), type: 'spki', format: 'der' });
    return key.asymmetricKeyType === 'ed25519' && base64Of(key) === base64 ? key : undefined;
  } catch {
    return undefined;
  }
}

function base64Of(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'der' }).toString('base64');
}

function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
