/** A report must not call out: a lab's results are nobody else's business, and the page is opened where there is no network. */

/** Allure's tag for an analytics service, and the script that feeds it. */
const ANALYTICS =
  /<script async src="https:\/\/www\.googletagmanager\.com\/[^"]*"><\/script>\s*<script>[\s\S]*?gtag\('config'[\s\S]*?<\/script>/;
/** Whatever the browser would load by itself from elsewhere. */
const LOADS_FROM_ELSEWHERE =
  /<(?:script|img|iframe|link|source|video|audio|embed|object)\b[^>]*\b(?:src|href|data)\s*=\s*["']?(?:https?:)?\/\/[^"'\s>]*/i;
/** Kept out even if a later version of Allure loads something in a way that the expressions above do not know. */
const POLICY =
  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' data: blob:; style-src 'unsafe-inline' data: blob:; img-src data: blob:; font-src data: blob:; media-src data: blob:; frame-src data: blob:; worker-src blob: data:; connect-src data: blob:\">";

/** Allure's page without what calls out. Throws when it is not the page that this was written for. */
export function withoutCallingOut(html: string): string {
  if (!ANALYTICS.test(html))
    throw new Error(
      'the report of this version of Allure looks different: its analytics tag was not found, so it cannot be taken out',
    );
  const clean = html.replace(ANALYTICS, '').replace('<meta charset="utf-8">', `<meta charset="utf-8">\n    ${POLICY}`);
  if (!clean.includes(POLICY))
    throw new Error(
      'the report of this version of Allure looks different: it has no head to put the content policy into',
    );
  const left = LOADS_FROM_ELSEWHERE.exec(clean);
  if (left) throw new Error(`the report would load ${left[0].slice(0, 200)}`);
  return clean;
}
