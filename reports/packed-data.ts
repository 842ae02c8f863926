/**
 * Packs the data of Allure's single file: as Allure writes it, every case and attachment stands there in base64 on its own, and two
 * thousand cases make 30 MB. Packed they make a fifth, and the page unpacks them when it is opened.
 */
import zlib from 'node:zlib';

const LIST_BEGINS = 'Promise.allSettled([';
const LIST_ENDS = '])\n';
const ENTRY_BEGINS = 'd(';

interface Entry {
  readonly name: string;
  readonly value: Buffer;
}

/** The page with its data packed. Throws when it is not the page that this was written for. */
export function withPackedData(html: string): string {
  const begin = html.lastIndexOf('<script defer>', html.indexOf(LIST_BEGINS));
  const end = html.indexOf('</script>', begin);
  if (begin < 0 || end < 0)
    throw new Error('the report of this version of Allure looks different: its data was not found');
  const entries = parseEntries(html.slice(begin, end));
  return html.slice(0, begin) + loader(entries) + html.slice(end + '</script>'.length);
}

/** `d("name","base64"),d(...)`: names are JSON strings, values base64, as Allure writes them. */
function parseEntries(script: string): Entry[] {
  let at = script.indexOf(LIST_BEGINS) + LIST_BEGINS.length;
  const end = script.lastIndexOf(LIST_ENDS);
  const entries: Entry[] = [];
  while (at < end) {
    const middle = script.indexOf('","', at);
    const close = script.indexOf('")', middle);
    if (!script.startsWith(ENTRY_BEGINS, at) || middle < 0 || close < 0)
      throw new Error('the data of the report could not be read');
    const name = JSON.parse(script.slice(at + ENTRY_BEGINS.length, middle + 1)) as string;
    entries.push({ name, value: Buffer.from(script.slice(middle + 3, close), 'base64') });
    at = close + 2;
    if (script[at] === ',') at += 1;
  }
  return entries;
}

function loader(entries: readonly Entry[]): string {
  const index = entries.map(({ name, value }) => [name, value.length]);
  const packed = zlib.gzipSync(Buffer.concat(entries.map(({ value }) => value))).toString('base64');
  return `<script>
      (async function () {
        const index = ${JSON.stringify(index).replaceAll('<', '\\u003C')};
        const packed = Uint8Array.from(atob("${packed}"), (character) => character.charCodeAt(0));
        const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
        const all = new Uint8Array(await new Response(stream).arrayBuffer());
        const base64 = (bytes) => {
          let text = "";
          for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode.apply(null, bytes.subarray(at, at + 32768));
          return btoa(text);
        };
        let at = 0;
        for (const [name, length] of index) {
          const bytes = all.subarray(at, (at += length));
          Object.defineProperty(window.allureReportData, name, { enumerable: true, get: () => base64(bytes) });
        }
        window.allureReportDataReady = true;
      })().catch((error) => {
        document.body.textContent = "This report could not be unpacked; it needs a browser of 2023 or later. " + error;
      });
    </script>`;
}
