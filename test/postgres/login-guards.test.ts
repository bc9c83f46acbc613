import { afterEach, describe, expect, it } from 'vitest';
import { isHoldfastError } from '../../engine/errors.ts';
import { closeClient, connect } from '../../engine/postgres/connect.ts';
import { ConnectionHome } from '../fixtures/connection-home.ts';
import { type Impostor, type LoginRequest, startImpostor } from '../fixtures/impostor.ts';

const home = ConnectionHome.forEachTest();
const PASSWORD = 'hunter2';

describe('a server that only pretends to be the one that was named', () => {
  let impostor: Impostor | undefined;

  afterEach(async () => {
    await impostor?.stop();
    impostor = undefined;
  });

  /** How the login ends, and whether the password went over the wire. */
  async function logIn(answers: readonly (readonly LoginRequest[])[], guard: string) {
    impostor = await startImpostor(answers);
    const url = `host=${impostor.host} user=ann dbname=clinic connect_timeout=3 ${guard}`;
    const settings = await home.resolve({ url: `${url} password=${PASSWORD}` });
    const end = await connect(settings, 'test').then(
      async ({ client }) => {
        await closeClient(client);
        return 'let in';
      },
      (error: unknown) => {
        if (!isHoldfastError(error, 'CONNECTION_FAILED')) throw error;
        return `${error.message} ${error.hint}`;
      },
    );
    return { end, isPasswordSent: impostor.heard().includes(PASSWORD) };
  }

  it('is refused where it lets in without the end of SCRAM, which alone shows that it knows the password', async () => {
    for (const guard of ['', 'require_auth=scram-sha-256']) {
      const { end } = await logIn([['scram'], ['ok']], guard);
      expect(end).toContain('without the end of SCRAM');
      await impostor?.stop();
      expect((await logIn([['scram', 'ok']], guard)).end).not.toBe('let in');
      await impostor?.stop();
    }
  });

  it.each<[string, LoginRequest[][]]>([
    ['after SCRAM was begun', [['scram'], ['cleartext'], ['ok']]],
    ['in the same packet as SCRAM', [['scram', 'cleartext'], ['ok']]],
    ['before SCRAM, in one packet', [['cleartext', 'scram'], ['ok']]],
    ['alone', [['cleartext'], ['ok']]],
  ])('never gets the password in clear text under require_auth=scram-sha-256: asked for %s', async (_when, answers) => {
    const { end, isPasswordSent } = await logIn(answers, 'require_auth=scram-sha-256');
    expect(isPasswordSent).toBe(false);
    expect(end).toMatch(/require_auth allows only scram-sha-256|more than once/);
  });

  it('is not asked for anything where it may not let in without a password', async () => {
    const { end } = await logIn([['ok']], 'require_auth=!none');
    expect(end).toContain('the server asks for no password, and require_auth allows only');
  });

  it('gets the password in clear text where nothing forbids it, as libpq does', async () => {
    expect(await logIn([['cleartext'], ['ok']], '')).toEqual({
      end: 'let in',
      isPasswordSent: true,
    });
  });
});
