import { withoutCallingOut } from '../../reports/single-file';

const ANALYTICS = `<script async src="https://www.googletagmanager.com/gtag/js?id=G-1"></script>
    <script>
        window.dataLayer = window.dataLayer || [];
        function gtag(){dataLayer.push(arguments);}
        gtag('js', new Date());
        gtag('config', 'G-1', {"report": "awesome"});
    </script>`;
const page = (body: string): string =>
  `<!DOCTYPE html><html><head>\n    <meta charset="utf-8">\n</head><body>${body}</body></html>`;

test('the analytics tag goes, and a policy forbids whatever might come after it', () => {
  const clean = withoutCallingOut(page(`<p>before</p>${ANALYTICS}<p>after</p>`));
  expect(clean).not.toMatch(/googletagmanager|gtag/);
  expect(clean).toContain('<p>before</p><p>after</p>');
  expect(clean).toContain("default-src 'none'");
});

test('a page that is not what it was written for is refused, not passed through', () => {
  expect(() => withoutCallingOut(page('nothing to take out'))).toThrow('its analytics tag was not found');
  expect(() => withoutCallingOut(page(ANALYTICS).replace('<meta charset="utf-8">', ''))).toThrow('no head');
});

test.each([
  '<script src="https://example.org/x.js"></script>',
  "<img alt='' src='//example.org/x.png'>",
  '<link rel="preload" href="http://example.org/font.woff">',
  '<iframe src=https://example.org></iframe>',
])('something else that would be loaded is refused: %s', (tag) => {
  expect(() => withoutCallingOut(page(ANALYTICS + tag))).toThrow(/the report would load .*example\.org/);
});

test('a link that a person may follow is no loading', () => {
  expect(() => withoutCallingOut(page(`${ANALYTICS}<a href="https://example.org">there</a>`))).not.toThrow();
});
