import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { HoldfastError } from '../errors.ts';
import {
  connectionFailed,
  type FailedServer,
  isRefusal,
  isTlsFailure,
  isUnreachable,
  noneReached,
} from './connection/connect-failure.ts';
import { makeClient, type SessionKind } from './connection/driver-client.ts';
import type { TargetSession } from './connection/login-guards.ts';
import { addressesOf, serversIn } from './connection/server-addresses.ts';
import { type ConnectionSettings, describeConnection } from './connection-settings.ts';

/** A connection, and the settings that it was let in with: the one server that was reached. */
export interface Connected {
  client: pg.Client;
  settings: ConnectionSettings;
}

/** A rotation changes the password of the role first and the secret after it; so long we wait between two looks. */
const ROTATION_MS = [0, 1_000, 3_000];
const GOODBYE_MS = 2_000;

/**
 * Connects with the login as it is now. One that is refused is asked for anew, because it may have been changed in between.
 * @throws HoldfastError CONNECTION_FAILED, and what the source of the login throws.
 */
export async function connect(
  settings: ConnectionSettings,
  applicationName: string,
  { isReplication = false }: { isReplication?: boolean } = {},
): Promise<Connected> {
  const as: SessionKind = { applicationName, isReplication };
  const fresh = await withCurrentLogin(settings);
  try {
    return await connectToAny(fresh, as);
  } catch (error) {
    if (settings.login === undefined || !isRefusal(error)) throw error;
    const renewed = await withOtherLogin(fresh);
    if (renewed === undefined) throw error;
    return connectToAny(renewed, as);
  }
}

async function withCurrentLogin(settings: ConnectionSettings): Promise<ConnectionSettings> {
  return settings.login === undefined
    ? settings
    : { ...settings, ...(await settings.login.current()) };
}

/** Undefined where the login stays what it was. A token is another one with every second. */
async function withOtherLogin(
  refused: ConnectionSettings,
): Promise<ConnectionSettings | undefined> {
  for (const pause of ROTATION_MS) {
    await sleep(pause);
    const next = await withCurrentLogin(refused);
    if (next.user !== refused.user || next.password?.reveal() !== refused.password?.reveal())
      return next;
  }
  return undefined;
}

/**
 * The first server that can be reached and is of the wanted kind. As libpq does, it goes on to the
 * next one where nobody answers, but not where a server refuses the login.
 */
async function connectToAny(settings: ConnectionSettings, as: SessionKind): Promise<Connected> {
  const failures: FailedServer[] = [];
  const { targetSession = 'any' } = settings;
  const passes: TargetSession[] =
    targetSession === 'prefer-standby' ? ['standby', 'any'] : [targetSession];
  for (const wanted of passes) {
    for (const server of serversIn(settings)) {
      const connected = await connectToServer(server, { wanted, as, failures });
      if (connected !== undefined) return connected;
    }
  }
  throw noneReached(settings, failures);
}

interface ServerAttempt {
  wanted: TargetSession;
  as: SessionKind;
  /** Why servers were passed over. */
  failures: FailedServer[];
}

async function connectToServer(
  server: ConnectionSettings,
  { wanted, as, failures }: ServerAttempt,
): Promise<Connected | undefined> {
  try {
    const addresses = await addressesOf(server).catch((error: unknown) => {
      throw connectionFailed(error, server);
    });
    for (const [index, address] of addresses.entries()) {
      const connected = await connectWith(address, as).catch((error: unknown) => {
        if (index === addresses.length - 1 || !isUnreachable(error)) throw error;
      });
      if (connected === undefined) continue;
      await assertWanted(connected, wanted);
      return connected;
    }
  } catch (error) {
    const isPassedOver = isUnreachable(error) || error instanceof UnwantedServer;
    if (!isPassedOver) throw error;
    failures.push({ settings: server, error: error as HoldfastError });
  }
  return undefined;
}

/** A server that target_session_attrs does not ask for. */
class UnwantedServer extends HoldfastError {}

async function assertWanted({ client, settings }: Connected, wanted: TargetSession): Promise<void> {
  if (wanted === 'any') return;
  const { rows } = await client
    .query<{ standby: boolean; readonly: boolean }>(
      "SELECT pg_catalog.pg_is_in_recovery() AS standby, pg_catalog.current_setting('transaction_read_only') = 'on' AS readonly",
    )
    .catch(async (error: unknown) => {
      await closeClient(client);
      throw connectionFailed(error, settings);
    });
  const { standby, readonly } = rows[0] ?? { standby: false, readonly: false };
  const isWanted = {
    'read-write': !readonly,
    'read-only': readonly,
    primary: !standby,
    standby,
    'prefer-standby': true,
  }[wanted];
  if (isWanted) return;
  await closeClient(client);
  const kind = standby ? 'a standby' : readonly ? 'read-only' : 'a primary that takes writes';
  throw new UnwantedServer({
    code: 'CONNECTION_FAILED',
    message: `can not connect to ${describeConnection(settings)} as ${settings.user}: the server is ${kind}, and target_session_attrs is ${wanted}`,
    hint: 'Name the server that is meant, or change target_session_attrs (PGTARGETSESSIONATTRS).',
    retryable: true,
  });
}

/**
 * Under prefer, a server that speaks no TLS, has a certificate of an authority that is not trusted,
 * or lets no TLS connection in, is asked in clear.
 */
async function connectWith(settings: ConnectionSettings, as: SessionKind): Promise<Connected> {
  try {
    return { client: await tryConnect(settings, as), settings };
  } catch (error) {
    const isForTls =
      isTlsFailure(error) || /does not support SSL|no pg_hba\.conf entry/.test(String(error));
    if (settings.sslmode !== 'prefer' || !isForTls) throw connectionFailed(error, settings);
  }
  return connectWith({ ...settings, sslmode: 'disable' }, as);
}

async function tryConnect(settings: ConnectionSettings, as: SessionKind): Promise<pg.Client> {
  const { client, assertGuarded } = makeClient(settings, as);
  try {
    await client.connect();
    assertGuarded();
    return client;
  } catch (error) {
    destroySocket(client);
    throw error;
  }
}

/** Says good-bye, and does not wait long for an answer. */
export async function closeClient(client: pg.Client): Promise<void> {
  const closed = client.end().catch(() => undefined);
  await Promise.race([closed, sleep(GOODBYE_MS, undefined, { ref: false })]);
  destroySocket(client);
}

/** A server that refuses may leave the connection open, which would hold this process for ever. */
function destroySocket(client: pg.Client): void {
  const { connection } = client as unknown as { connection?: { stream?: { destroy(): void } } };
  connection?.stream?.destroy();
}
