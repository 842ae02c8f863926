/** Text from a device or a file, made fit for a terminal: it may be anybody's, and a terminal obeys what it is sent. */
export function harmless(text: string): string {
  return text.replaceAll('\t', ' ').replaceAll(/(?!\n)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, '\ufffd');
}
