import { describe, expect, it } from 'vitest';
import { parse, parseDocument } from 'yaml';
import { SSL_MODES } from '../../engine/config/database-schema.ts';
import { parseConfig } from '../../engine/config/parse-config.ts';
import { listSettings, withSettings } from '../../setup/config-reference.ts';
import { withLibpqParameters } from '../../setup/libpq-reference.ts';
import { readDocument, sectionOf, tableRows } from '../fixtures/document.ts';

describe('docs/CONFIG.md', () => {
  it('has the table that the schema gives: else run node setup/config-reference.ts', async () => {
    const document = await readDocument('docs/CONFIG.md');
    expect(document).toBe(withSettings(document));
  });

  it('has the table of libpq parameters that the code goes by: else run node setup/config-reference.ts', async () => {
    const document = await readDocument('docs/CONFIG.md');
    expect(document).toBe(withLibpqParameters(document));
  });

  it('describes every setting', () => {
    const settings = listSettings();
    expect(settings.length).toBeGreaterThan(40);
    for (const { path, type, description } of settings) {
      expect(description, path).toMatch(/\w/);
      expect(type, path).not.toMatch(/undefined|\bobject\b/);
    }
  });

  it('says what each sslmode checks', async () => {
    const rows = tableRows(sectionOf(await readDocument('docs/CONFIG.md'), '### TLS'));
    expect(rows.map(([mode]) => mode)).toEqual(SSL_MODES);
  });
});

describe('holdfast.example.yaml', () => {
  /** A setting that is left out is `#name: value`; words are `# so`. */
  const withAll = (text: string) => text.replace(/^(\s*)#(?=\S)/gm, '$1');

  it('is a config as it stands', async () => {
    const { plans } = parseConfig(parse(await readDocument('holdfast.example.yaml')), {
      origin: 'the example',
    });
    const DAY = 86_400;
    expect(plans.daily).toMatchObject({
      schedule: '0 2 * * *',
      keep: { for: 30 * DAY },
      databases: 'all',
      contents: 'all',
    });
    expect(plans.critical).toMatchObject({ schedule: '0 */6 * * *', keep: { for: 7 * DAY } });
    expect(plans.critical?.tables).toEqual([
      'users',
      'patients',
      'vitals_samples',
      'medications',
      'medication_logs',
    ]);
    expect(plans.monthly).toMatchObject({ schedule: '0 3 1 * *', keep: { for: 366 * DAY } });
    expect(plans.archive?.keep.for).toBe(6 * 366 * DAY);
    expect(plans.daily?.tables ?? plans.monthly?.tables ?? plans.archive?.tables).toBeUndefined();
  });

  it('is a config too with everything that it leaves out', async () => {
    const document = parseDocument(withAll(await readDocument('holdfast.example.yaml')));
    expect(document.errors).toEqual([]);
    parseConfig(document.toJS(), { origin: 'the example' });
  });

  it('shows every setting of the schema', async () => {
    const shown = pathsOf(parse(withAll(await readDocument('holdfast.example.yaml'))));
    const asOfDatabase = (path: string) => path.replace('.replica.', '.');
    expect(
      listSettings().filter(({ path }) => !shown.has(path) && !shown.has(asOfDatabase(path))),
    ).toEqual([]);
  });

  it('shows the defaults of what it leaves out', async () => {
    const text = await readDocument('holdfast.example.yaml');
    const full = parseConfig(parse(withAll(text)), { origin: 'the example' }).plans.daily;
    const { excludeTables, ...rest } = full ?? {};
    expect(excludeTables).toEqual(['http_sessions']);
    expect(parseConfig(parse(text), { origin: 'the example' }).plans.daily).toEqual(rest);
  });
});

const CHOSEN_NAMES = /^(databases|repositories|plans|aws\.cold)$/;

/** `databases.NAME.url`, as the reference writes it. */
function pathsOf(value: unknown, path = ''): Set<string> {
  if (Array.isArray(value))
    return new Set([path, ...value.flatMap((item) => [...pathsOf(item, `${path}[]`)])]);
  if (typeof value !== 'object' || value === null) return new Set([path]);
  const children = Object.entries(value).flatMap(([name, child]) => {
    const shown = CHOSEN_NAMES.test(path) ? 'NAME' : name;
    return [...pathsOf(child, path === '' ? shown : `${path}.${shown}`)];
  });
  return new Set([path, ...children]);
}
