import { describe, expect, it } from 'vitest';
import { Secret } from '../../engine/domain/secret.ts';
import { addressesOf, serversIn } from '../../engine/postgres/connection/server-addresses.ts';
import { ConnectionHome } from '../fixtures/connection-home.ts';

const home = ConnectionHome.forEachTest();

describe('the servers of a connection', () => {
  const resolve = () => home.resolve({ url: 'host=a,b dbname=clinic user=ann sslmode=disable' });

  it('are tried in their order, each with nothing else to try', async () => {
    const servers = serversIn(await resolve());
    expect(servers.map(({ host, others }) => [host, others])).toEqual([
      ['a', []],
      ['b', []],
    ]);
  });

  it('get the password of a login all alike, and never that of another server', async () => {
    await home.put('.pgpass', 'a:*:*:*:of a\n');
    const settings = await resolve();
    const passwords = (own: typeof settings) =>
      serversIn(own).map(({ password }) => password?.reveal());
    expect(passwords(settings)).toEqual(['of a', undefined]);
    const login = { current: async () => ({ user: 'ann', password: new Secret('x') }), hint: '' };
    const current = { ...settings, login, password: new Secret('x') };
    expect(passwords(current as typeof settings)).toEqual(['x', 'x']);
  });

  it('have the addresses that their name stands for, and keep the name for the certificate', async () => {
    const local = await home.resolve({ url: 'host=localhost' });
    const found = await addressesOf(local);
    expect(found.length).toBeGreaterThan(0);
    for (const { host, hostaddr } of found) {
      expect(host).toBe('localhost');
      expect(['127.0.0.1', '::1']).toContain(hostaddr);
    }
    const [socket] = await addressesOf(await home.resolve({ url: 'host=/run/pg' }));
    expect(socket).toMatchObject({ host: '/run/pg', hostaddr: undefined });
  });
});
