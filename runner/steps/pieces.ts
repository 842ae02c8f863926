/** How a step cuts a buffer into accesses, as scenarios write it. */
import type { TUnsafe } from '@sinclair/typebox';
import { Choice, type Description } from '../language/scalars';
import type { Pieces as TransferPieces } from '../vfio/data-transfer';

const WORDS = ['bulk', 'natural', 'u8', 'u16', 'u32', 'u64', 'odd'] as const;
export type PiecesWord = (typeof WORDS)[number];

export function Pieces(options: Description = {}): TUnsafe<PiecesWord> {
  return Choice(WORDS, {
    description:
      '`bulk`: one call if the device gives all; `natural`: 8, 4, 2 and 1 bytes as QEMU does; `u8` to `u64`: nothing wider; `odd`: pieces of 4093 bytes.',
    ...options,
  });
}

const PIECES: Readonly<Record<PiecesWord, TransferPieces>> = {
  bulk: 'bulk',
  natural: 'natural',
  u8: 1,
  u16: 2,
  u32: 4,
  u64: 8,
  odd: { chunk: 4093 },
};

export function toPieces(word: PiecesWord): TransferPieces {
  return PIECES[word];
}
