import { APPLICATION_NAME } from '../contract.ts';
import { databasePrefix } from '../domain/key.ts';
import { HoldfastError, isHoldfastError } from '../errors.ts';
import { type ConnectionSettings, describeConnection } from '../postgres/connection-settings.ts';
import { readIdentity } from '../postgres/server-facts.ts';
import { Session } from '../postgres/session.ts';
import { isInRecovery, measureDelay, type ReplicaDelay, readWalEnd } from '../postgres/standby.ts';
import { readEntries, readManifest } from './catalog.ts';
import type { Context } from './context.ts';

/** What the server that a standby is said to follow tells of itself. */
export interface PrimaryFacts {
  systemIdentifier: string;
  /** Undefined where it is a standby itself. */
  walEnd: string | undefined;
}

export interface StandbyOptions {
  maxLagSeconds: number;
  /** Undefined where it did not answer. */
  primary: PrimaryFacts | undefined;
  /** Of the server that earlier sets came from; asked only where the primary did not answer. */
  knownSystem: () => Promise<string | undefined>;
  signal: AbortSignal;
}

/** Patience with a primary that may be down: the standby is dumped without it. */
const PRIMARY_SECONDS = 5;

/** Undefined where the primary does not answer: that is when people are glad of a standby. */
export async function askPrimary(settings: ConnectionSettings): Promise<PrimaryFacts | undefined> {
  try {
    const session = await Session.open(
      { ...settings, connectTimeoutSeconds: PRIMARY_SECONDS },
      { applicationName: APPLICATION_NAME },
    );
    try {
      return {
        systemIdentifier: (await readIdentity(session)).systemIdentifier,
        walEnd: await readWalEnd(session),
      };
    } finally {
      await session.end();
    }
  } catch (error) {
    if (isHoldfastError(error)) return undefined;
    throw error;
  }
}

/** The server that the newest set of a plan came from. */
export async function knownSystemOf(
  { repository }: Pick<Context, 'repository'>,
  place: { plan: string; database: string },
): Promise<string | undefined> {
  const newest = (await readEntries(repository, databasePrefix(place))).at(-1);
  if (newest === undefined) return undefined;
  const manifest = await readManifest(newest, repository).catch((error: unknown) => {
    if (!isHoldfastError(error)) throw error;
    return undefined;
  });
  return manifest?.source.systemIdentifier;
}

/**
 * A standby must be one, of the right server, and not too far behind: a dump of what stood still last week looks like any other.
 * @throws HoldfastError REPLICA_LAGS, retryable where waiting helps.
 */
export async function assertStandbyFits(
  session: Session,
  options: StandbyOptions,
): Promise<ReplicaDelay> {
  const place = describeConnection(session.settings);
  if (!(await isInRecovery(session))) throw promoted(place);
  const { systemIdentifier } = await readIdentity(session);
  const expected = options.primary?.systemIdentifier ?? (await options.knownSystem());
  if (expected !== undefined && expected !== systemIdentifier)
    throw ofAnotherServer(place, { isByPrimary: options.primary !== undefined });
  const { maxLagSeconds, signal } = options;
  const delay = await measureDelay(session, {
    primaryLsn: options.primary?.walEnd,
    enoughSeconds: maxLagSeconds,
    signal,
  });
  if (delay.seconds !== null && delay.seconds <= maxLagSeconds) return delay;
  throw tooLate(place, { delay, maxLagSeconds });
}

function promoted(place: string): HoldfastError {
  return new HoldfastError({
    code: 'REPLICA_LAGS',
    message: `${place} is no standby: it was promoted, or never was one`,
    hint: 'Point `replica` to a standby, or set `source: primary` in the plan if this server is the primary now.',
  });
}

function ofAnotherServer(place: string, { isByPrimary }: { isByPrimary: boolean }): HoldfastError {
  return new HoldfastError({
    code: 'REPLICA_LAGS',
    message: `${place} is a standby of another server than ${isByPrimary ? 'the one that the database names' : 'the one that the newest set came from'}`,
    hint: 'Check the addresses of the database and of its `replica`.',
  });
}

function tooLate(
  place: string,
  { delay, maxLagSeconds }: { delay: ReplicaDelay; maxLagSeconds: number },
): HoldfastError {
  return new HoldfastError({
    code: 'REPLICA_LAGS',
    message: `the standby ${place} ${describeDelay(delay)}; the plan takes ${maxLagSeconds} s at most`,
    hint: delay.isPaused
      ? 'Its replay is paused: SELECT pg_wal_replay_resume(); on the standby.'
      : 'Look at pg_stat_wal_receiver on the standby and pg_stat_replication on the primary; run it again when it has caught up, or raise maxLag.',
    retryable: true,
  });
}

/** In words for a message: `is 734 s behind its primary (52428800 bytes of WAL)`. */
export function describeDelay({ seconds, bytes, isStreaming }: ReplicaDelay): string {
  if (seconds === null)
    return 'has replayed nothing since it started, and has no connection to its primary';
  const behind = `is ${Math.round(seconds)} s behind its primary`;
  return isStreaming
    ? `${behind} (${bytes} bytes of WAL)`
    : `${behind}, to which it has no connection`;
}
