/** Allure's global attachments: a folder of results that holds nothing but pictures of the run. */
import fs from 'node:fs';
import path from 'node:path';
import type { Picture } from './run-pictures';

/** Throws when the folder cannot be written. */
export function writeGlobals(folder: string, pictures: readonly Picture[]): void {
  fs.mkdirSync(folder, { recursive: true });
  const attachments = pictures.map(({ name, svg }, n) => {
    const source = `picture-${n + 1}-attachment.svg`;
    fs.writeFileSync(path.join(folder, source), svg);
    return { name, source, type: 'image/svg+xml' };
  });
  fs.writeFileSync(path.join(folder, 'pictures-globals.json'), JSON.stringify({ attachments, errors: [] }));
}
