/** The certificate: its contents, its page, its seal. */

export type { Picture } from './device-part';
export { certificatePage, type PageParts } from './page';
export { type CertificateContents, CertificateFile, type CertifiedDevice } from './schema';
export {
  checkSeal,
  fingerprintOf,
  HTML_CARRIER,
  JSON_CARRIER,
  privateKeyFrom,
  publicKeyFrom,
  sealed,
  type Verified,
} from './seal';
