import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { WEBHOOK_FORMATS } from '../../engine/config/alerts-schema.ts';
import { parseConfig } from '../../engine/config/parse-config.ts';
import { METRIC } from '../../engine/contract.ts';
import { alertMessage } from '../../engine/domain/alert-message.ts';
import { VERDICTS } from '../../engine/domain/finding.ts';
import { codeBlocks, readDocument, sectionOf, tableRows } from '../fixtures/document.ts';

describe('docs/MONITORING.md', () => {
  let document: string;

  beforeAll(async () => {
    document = await readDocument('docs/MONITORING.md');
  });

  it('says of every verdict what it means and what to do', () => {
    const rows = tableRows(sectionOf(document, '## holdfast check')).filter(
      (row) => row.length === 4,
    );
    expect(rows.map(([verdict]) => verdict)).toEqual(VERDICTS);
  });

  it('names every field of a message', () => {
    const message = alertMessage([], {
      project: '',
      host: '',
      config: '',
      at: new Date(),
      open: [],
    });
    const rows = tableRows(sectionOf(document, '## Alerts')).filter((row) => row.length === 2);
    const fields = rows.flatMap(([names = '']) => names.replaceAll('`', '').split(', '));
    expect(fields.sort()).toEqual(Object.keys(message).sort());
  });

  it('names every format of a webhook', () => {
    const rows = tableRows(sectionOf(document, '## Alerts')).filter((row) => row.length === 3);
    expect(rows.map(([format]) => format)).toEqual(WEBHOOK_FORMATS);
  });

  it('names every metric of the stack', () => {
    const rows = tableRows(sectionOf(document, '## In AWS')).filter((row) => row.length === 4);
    expect(rows.map(([metric]) => metric).sort()).toEqual(Object.values(METRIC).sort());
  });

  it('shows settings that a config takes', () => {
    const blocks = codeBlocks(document).filter(({ language }) => language === 'yaml');
    expect(blocks).toHaveLength(3);
    const rest = {
      project: 'x',
      databases: {},
      repositories: { local: { folder: 'a' } },
      plans: {},
    };
    for (const { text } of blocks)
      parseConfig({ ...rest, ...(parse(text) as object) }, { origin: 'the page' });
  });
});
