import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeReport } from '../../../engine/domain/evidence/make-report.ts';
import { renderPage } from '../../../engine/operations/evidence-page/page.ts';
import { emptyEvidence, nightly, record, withSigns } from '../../fixtures/evidence.ts';

const SCRIPT = `<script>alert("1")</script>'&<img src=x onerror=alert(1)>`;
const FORMULA = `=cmd|' /C calc'!A0`;

function hostilePage(): string {
  const error = { code: 'DUMP_FAILED', message: `table ${SCRIPT} is gone` };
  const evidence = withSigns(emptyEvidence({ databases: [SCRIPT, FORMULA, 'clinic'] }), {
    sets: [
      ...nightly(1, 30, { database: SCRIPT }),
      ...nightly(1, 29, { database: FORMULA, problem: SCRIPT }),
    ],
    records: [
      record('2026-11-30T02:00:09Z', { database: FORMULA, status: 'failed', error }),
      record('2026-11-09T10:00:00Z', { operation: 'accept', notes: SCRIPT, target: FORMULA }),
    ],
    unreadable: [{ repository: SCRIPT, key: `audit/${SCRIPT}` }],
    generatedBy: { type: 'user', name: SCRIPT, host: `${FORMULA}\u202e` },
  });
  return renderPage(makeReport(evidence));
}

/** Names of the attributes of all elements; what is escaped is text. */
function attributesOf(page: string): Set<string> {
  const tags = [...page.matchAll(/<[a-z][^<>]*>/gi)].map(([tag]) => tag.replace(/"[^"]*"/g, ''));
  return new Set(
    tags.flatMap((tag) => [...tag.matchAll(/([\w-]+)=/g)].map(([, name = '']) => name)),
  );
}

describe('renderPage', () => {
  it('escapes every name, and has no script and no attribute that one could add', () => {
    const page = hostilePage();
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;');
    const elements = new Set([...page.matchAll(/<([a-z][a-z0-9]*)/gi)].map(([, name]) => name));
    expect([...elements].sort()).toEqual(
      [
        ...['body', 'circle', 'code', 'dd', 'div', 'dl', 'dt', 'figcaption', 'figure', 'g', 'h1'],
        ...['h2', 'h3', 'head', 'header', 'html', 'li', 'line', 'main', 'meta', 'p', 'path'],
        ...['section', 'small', 'span', 'strong', 'style', 'svg', 'table', 'tbody', 'td', 'text'],
        ...['th', 'thead', 'title', 'tr', 'ul'],
      ].sort(),
    );
    expect(page).toContain('\\u{202e}');
    expect(page).not.toContain('\u202e');
  });

  it('asks nothing of the network, and its policy allows nothing but its own style', () => {
    const page = hostilePage();
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? '';
    const digest = createHash('sha256').update(style).digest('base64');
    expect(page).toContain(
      `content="default-src &#39;none&#39;; style-src &#39;sha256-${digest}&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;"`,
    );
    expect([...attributesOf(page)].sort()).toEqual(
      [
        ...['charset', 'class', 'content', 'cx', 'cy', 'd', 'fill', 'font-size', 'height'],
        ...['http-equiv', 'lang', 'name', 'r', 'role', 'scope', 'stroke', 'stroke-width'],
        ...['text-anchor', 'title', 'viewBox', 'width', 'x', 'x1', 'x2', 'y', 'y1', 'y2'],
      ].sort(),
    );
    expect(style).not.toMatch(/@import|url\(/);
  });

  it('shows a gap in the calendar with the number of its run', () => {
    const sets = [...nightly(1, 11), ...nightly(13, 30)];
    const page = renderPage(makeReport(withSigns(emptyEvidence(), { sets })));
    expect(page).toMatch(/<td class="missed" title="12: due 2026-11-12 02:00, missed">✕<small>12</);
    expect(page.match(/<td class="taken"/g)).toHaveLength(29);
  });

  it('is a page also of a month without anything', () => {
    const page = renderPage(makeReport(emptyEvidence({ plans: { byHand: {} } })));
    expect(page).toContain('No plan has a schedule.');
    expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });
});
