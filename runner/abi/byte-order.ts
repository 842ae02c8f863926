/** The byte order of the host's integers: fields of ioctl structures and of the migration region are in the host's order. */
export type ByteOrder = 'little' | 'big';
