/** EBCDIC text (code page 037), as the zPCI utility string carries it. Only for showing it: nothing is judged by it. */

/** Code points 0x40 to 0xff, sixteen in a row; a dot stands for what cannot be printed. */
const FROM_0X40 = [
  ' .âäàáãåçñ¢.<(+|',
  '&éêëèíîïìß!$*);¬',
  '-/ÂÄÀÁÃÅÇÑ¦,%_>?',
  'øÉÊËÈÍÎÏÌ`:#@\'="',
  'Øabcdefghi«»ðýþ±',
  '°jklmnopqrªºæ¸Æ¤',
  'µ~stuvwxyz¡¿ÐÝÞ®',
  '^£¥·©§¶¼½¾[]¯¨´×',
  '{ABCDEFGHI.ôöòóõ',
  '}JKLMNOPQR¹ûüùúÿ',
  '\\÷STUVWXYZ²ÔÖÒÓÕ',
  '0123456789³ÛÜÙÚ.',
].join('');

/** The text of EBCDIC bytes, one character for each byte; what cannot be printed becomes a dot. */
export function ebcdicToText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    text += FROM_0X40[byte - 0x40] ?? '.';
  }
  return text;
}
