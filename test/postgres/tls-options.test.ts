import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveConnection } from '../../engine/postgres/connection-resolver.ts';
import { tlsOptions } from '../../engine/postgres/tls-options.ts';

async function optionsOf(url: string) {
  return tlsOptions(await resolveConnection({ url }, { layers: [] }));
}

describe('TLS for the driver', () => {
  it('checks nothing under require, the authority under verify-ca and where prefer has one, and the name too under verify-full', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hf-ca-'));
    const ca = join(folder, 'ca.pem');
    await writeFile(ca, 'authority', { mode: 0o600 });
    expect(await optionsOf('host=db sslmode=require')).toEqual({ rejectUnauthorized: false });
    const authorities = { ca: Buffer.from('authority'), rejectUnauthorized: true };
    expect(await optionsOf(`host=db sslmode=prefer sslrootcert=${ca}`)).toEqual({
      ...authorities,
      checkServerIdentity: expect.any(Function),
    });
    expect(await optionsOf('host=db sslmode=prefer sslrootcert=/none')).toEqual({
      rejectUnauthorized: false,
    });
    expect(await optionsOf(`host=db sslrootcert=${ca}`)).toEqual(authorities);
    expect(await optionsOf(`host=db sslmode=verify-ca sslrootcert=${ca}`)).toEqual({
      ...authorities,
      checkServerIdentity: expect.any(Function),
    });
    expect(await optionsOf(`host=db sslmode=require sslcert=${ca} sslkey=${ca}`)).toMatchObject({
      cert: authorities.ca,
      key: authorities.ca,
    });
    await rm(folder, { recursive: true });
  });

  it.each([
    ['host=db sslrootcert=/nonexistent/ca.pem', 'sslrootcert /nonexistent/ca.pem can not be read'],
    [
      'host=db sslmode=require sslcert=/nonexistent/me.pem sslkey=/x',
      'sslcert /nonexistent/me.pem can not be read',
    ],
    [
      `host=db sslmode=require sslcert=${import.meta.filename}`,
      'a connection has sslcert but no sslkey',
    ],
  ])('names the file that can not be read (%#)', async (url, message) => {
    await expect(optionsOf(url)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(message),
    });
  });
});
