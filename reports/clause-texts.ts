/**
 * The texts of the clauses, in the report's own page: a link to one works offline, and from a file on a disk. Allure shows a link that
 * is no web address as text alone, so what follows it is here.
 */

import { loadCatalogue } from '../runner/language';
import type { Clause } from '../runner/language/scenario';

interface ClauseText {
  readonly head: string;
  readonly text: string;
  /** [heading, paragraph]. */
  readonly more: readonly (readonly [string, string])[];
}

/** What came of a clause in this run, by its id. */
export type ClauseVerdicts = ReadonlyMap<string, string>;

export function withClauseTexts(html: string, verdicts: ClauseVerdicts): string {
  const at = html.lastIndexOf('</body>');
  if (at < 0) throw new Error('the report of this version of Allure looks different: it has no body');
  return `${html.slice(0, at)}${dialog(textsOf(verdicts))}${html.slice(at)}`;
}

function textsOf(verdicts: ClauseVerdicts): Record<string, ClauseText> {
  const loaded = loadCatalogue();
  if (!loaded.ok) throw new Error('the catalogue of clauses cannot be read');
  const { source, clauses } = loaded.value;
  return Object.fromEntries(
    [...clauses.values()].map((clause) => [clause.id, textOf(clause, verdicts.get(clause.id), source.title ?? '')]),
  );
}

function textOf(clause: Clause, verdict: string | undefined, source: string): ClauseText {
  const { level, word, who, text, rationale, note, because, basis, lines } = clause;
  const more: (readonly [string, string | undefined])[] = [
    ['In this run', verdict],
    ['What goes wrong without', rationale],
    ['To be fair', note],
    [`Why ${level} where the text says ${word ?? ''}`, because],
    ['Rests on', basis],
    ['Source', lines.length > 0 ? `${source}, lines ${lines.join(', ')} of the diff` : undefined],
  ];
  return {
    head: `${level}, ${who}`,
    text,
    more: more.flatMap(([heading, paragraph]) => (paragraph === undefined ? [] : [[heading, paragraph] as const])),
  };
}

function dialog(texts: Record<string, ClauseText>): string {
  return `<dialog id="vfio-clause" aria-labelledby="vfio-clause-id"><form method="dialog"><h2 id="vfio-clause-id"></h2><div></div><button>Close</button></form></dialog>
<style>#vfio-clause{color-scheme:light dark;max-width:44rem;width:calc(100% - 3rem);padding:20px 24px;border:1px solid #8884;border-radius:12px;background:Canvas;color:CanvasText;font:15px/1.5 ui-sans-serif,system-ui,sans-serif}
[data-theme=dark] #vfio-clause{color-scheme:dark}[data-theme=light] #vfio-clause{color-scheme:light}
#vfio-clause::backdrop{background:#0008}#vfio-clause h2{margin:0 0 4px;font:600 18px/1.4 ui-monospace,Menlo,Consolas,monospace}#vfio-clause p{margin:0 0 12px}#vfio-clause h3{margin:0;font-size:12px;opacity:.7}#vfio-clause .t{font-size:16px}#vfio-clause button{font:inherit;padding:4px 14px}[data-testid=test-result-meta-link][role=link]{cursor:pointer;text-decoration:underline}</style>
<script>(function(){
const texts=${JSON.stringify(texts).replaceAll('<', '\\u003C')},links='[data-testid="test-result-meta-link"],code',dialog=document.getElementById('vfio-clause');
const idOf=(element)=>{const id=(/^[A-Z0-9]+(?:-[A-Z0-9]+)+/.exec(element.textContent.trim())||[])[0];return id&&Object.hasOwn(texts,id)?id:undefined};
function show(id){const clause=texts[id];
dialog.querySelector('h2').textContent=id+' ('+clause.head+')';const body=dialog.querySelector('div');body.replaceChildren();
const add=(tag,text,style)=>{const element=document.createElement(tag);element.textContent=text;if(style)element.className=style;body.append(element)};
add('p',clause.text,'t');for(const [heading,paragraph] of clause.more){add('h3',heading);add('p',paragraph)}
dialog.close();dialog.showModal()}
function follow(event){const element=event.target instanceof Element?event.target.closest(links):null;const id=element&&idOf(element);
if(id){event.preventDefault();event.stopPropagation();show(id)}}
document.addEventListener('click',follow,true);
document.addEventListener('keydown',(event)=>{if(event.key==='Enter')follow(event)},true);
new MutationObserver(()=>{for(const element of document.querySelectorAll('[data-testid="test-result-meta-link"]:not([role])'))if(idOf(element)){element.setAttribute('role','link');element.tabIndex=0}}).observe(document.body,{childList:true,subtree:true});
})()</script>
`;
}
