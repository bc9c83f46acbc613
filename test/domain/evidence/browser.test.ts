import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeReport } from '../../../engine/domain/evidence/make-report.ts';
import { renderPage } from '../../../engine/operations/evidence-page/page.ts';
import { type BrowserPage, openBrowser } from '../../fixtures/chromium.ts';
import { emptyEvidence, evidenceSet, nightly, record, withSigns } from '../../fixtures/evidence.ts';

/** Set by .ci/run where there is one. */
const PROGRAM = process.env.HOLDFAST_TEST_BROWSER ?? '';
const SCRIPT = '<script>document.title="owned"</script>';
/** A4 at 96 dots an inch, without the margins of the page. */
const A4_WIDTH = Math.floor(((210 - 24) / 25.4) * 96);

function page(): string {
  const plans = {
    nightly: { schedule: '0 2 * * *' },
    critical: { schedule: '0 */6 * * *', databases: ['clinic'], tables: ['users'] },
  };
  const databases = [
    'clinic',
    SCRIPT,
    'a_database_with_a_name_of_sixty_characters_without_any_space',
  ];
  const critical = Array.from({ length: 120 }, (_, index) =>
    evidenceSet(new Date(Date.UTC(2026, 10, 1) + index * 21_600_000).toISOString(), {
      plan: 'critical',
      isWhole: false,
    }),
  );
  const sets = [...databases.flatMap((database) => nightly(1, 30, { database })), ...critical];
  const error = { code: 'DISK_FULL', message: 'no space is left' };
  const records = [record('2026-11-12T02:00:09Z', { status: 'failed', error })];
  return renderPage(makeReport(withSigns(emptyEvidence({ plans, databases }), { sets, records })));
}

describe.skipIf(PROGRAM === '')('the page of a report in a browser', () => {
  let browser: BrowserPage;
  let folder: string;
  let url: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hf-page-'));
    await writeFile(join(folder, 'report.html'), page());
    url = pathToFileURL(join(folder, 'report.html')).href;
    browser = await openBrowser(PROGRAM);
  });

  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    1280, 390,
  ])('is %i pixels wide without a bar below it, and loads nothing', async (width) => {
    await browser.open(url, { width });
    expect(await browser.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
      width,
    );
    expect(browser.requests).toEqual([url]);
    expect(browser.complaints).toEqual([]);
    expect(await browser.evaluate('document.title')).toBe('Backup evidence of ward, 2026-11');
    const colour = 'getComputedStyle(document.querySelector("td.taken")).backgroundColor';
    expect(await browser.evaluate(colour)).toBe('rgb(213, 239, 223)');
  });

  it('fits on A4, the calendar too', async () => {
    await browser.open(url, { width: A4_WIDTH, media: 'print' });
    const widest = `Math.max(...[...document.querySelectorAll('table')].map(
      (table) => table.getBoundingClientRect().right))`;
    expect(await browser.evaluate(widest)).toBeLessThanOrEqual(A4_WIDTH + 1);
    const pdf = await browser.pdf();
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    expect(pdf.toString('latin1').match(/\/Type ?\/Page\b/g)?.length).toBeGreaterThan(1);
  });
});
