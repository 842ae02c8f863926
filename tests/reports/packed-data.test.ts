import vm from 'node:vm';
import { withPackedData } from '../../reports/packed-data';

const FILES: readonly (readonly [string, string | Buffer])[] = [
  ['widgets/tree.json', JSON.stringify({ name: 'naïve " \\ </script>' })],
  ['data/attachments/a "quoted" name.txt', 'x'.repeat(100_000)],
  ['data/empty.json', ''],
  ['data/bytes.bin', Buffer.from(Array.from({ length: 256 }, (_, value) => value))],
];
/** As Allure writes it. */
const page = (files = FILES): string => `<html><body>
    <script async>
      window.allureReportDataReady = false;
    </script>
    <script defer>
      Promise.allSettled([${files.map(([name, value]) => `d(${JSON.stringify(name)},${JSON.stringify(Buffer.from(value).toString('base64'))})`).join(',')}])
        .then(function(){
          window.allureReportDataReady = true;
        })
    </script>
</body></html>`;

/** Runs the page's own loader, as a browser would. */
async function load(html: string): Promise<Record<string, string>> {
  const script = /<script>([\s\S]*)<\/script>/.exec(html)?.[1] ?? '';
  const window = { allureReportData: {} as Record<string, string>, allureReportDataReady: false };
  vm.runInNewContext(script, { window, document: { body: {} }, atob, btoa, Blob, Response, DecompressionStream });
  while (!window.allureReportDataReady) await new Promise((resolve) => setTimeout(resolve, 5));
  return window.allureReportData;
}

test('every file comes out as it went in', async () => {
  const data = await load(withPackedData(page()));
  expect(Object.keys(data)).toEqual(FILES.map(([name]) => name));
  for (const [name, value] of FILES) expect(Buffer.from(data[name] ?? 'x', 'base64')).toEqual(Buffer.from(value));
});

test('the page becomes much smaller and keeps what is around the data', () => {
  const packed = withPackedData(page());
  expect(packed.length).toBeLessThan(page().length / 20);
  expect(packed).toMatch(/^<html><body>\n {4}<script async>/);
  expect(packed.trimEnd()).toMatch(/<\/body><\/html>$/);
});

test('a page of another make is refused', () => {
  expect(() => withPackedData('<html></html>')).toThrow('its data was not found');
  expect(() => withPackedData(page().replace('d("widgets', 'e("widgets'))).toThrow('could not be read');
});
