import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '../../engine/config/parse-config.ts';
import { codeBlocks, ROOT, readDocument, tableRows } from '../fixtures/document.ts';

const REST = {
  project: 'x',
  databases: { clinic: { url: 'postgresql://backup@db/clinic' } },
  repositories: { local: { folder: './backups' } },
  plans: { nightly: {} },
};

describe('docs/STORES.md', () => {
  let document: string;

  beforeAll(async () => {
    document = await readDocument('docs/STORES.md');
  });

  it('says of each store that people name what was run, what was read and what is missing', () => {
    const rows = tableRows(document);
    expect(rows.map(([store]) => store)).toEqual([
      'a local disk, NFS',
      ...['Amazon S3', 'MinIO', 'versitygw', 'rclone serve s3'],
      ...['s3proxy 2.6.0 on a folder (`filesystem-nio2`)'],
      ...['Cloudflare R2', 'Backblaze B2', 'Garage'],
      ...['Ceph Object Gateway', 'Wasabi', 'Google Cloud Storage', 'Azure Blob Storage'],
      ...['Dropbox', 'SFTP'],
    ]);
    for (const [store = '', , run = '', read = '', missing] of rows) {
      expect(run, store).toMatch(/\w/);
      expect(missing, store).toMatch(/\w/);
      if (run === 'not run') expect(read, store).toMatch(/\]\(https:|^nothing that says/);
    }
  });

  it('names tests and programs that exist', () => {
    const named = [...document.matchAll(/`((?:test|setup)\/[^`]+)`/g)].map(([, path = '']) => path);
    expect(named.length).toBeGreaterThan(1);
    for (const path of named) expect(existsSync(join(ROOT, path)), path).toBe(true);
  });

  it('shows repositories that a config takes', () => {
    const blocks = codeBlocks(document).filter(({ language }) => language === 'yaml');
    expect(blocks.length).toBeGreaterThan(0);
    for (const { text } of blocks) {
      const shown = parse(text) as { repositories: object };
      const plans = { nightly: { repositories: Object.keys(shown.repositories) } };
      parseConfig({ ...REST, plans, ...shown }, { origin: 'the page' });
    }
  });
});

describe('docs/FROM-SCRIPTS.md', () => {
  it('shows a config that Holdfast takes', async () => {
    const document = await readDocument('docs/FROM-SCRIPTS.md');
    const blocks = codeBlocks(document).filter(({ language }) => language === 'yaml');
    expect(blocks).toHaveLength(1);
    for (const { text } of blocks)
      parseConfig({ ...REST, ...(parse(text) as object) }, { origin: 'the page' });
  });
});
