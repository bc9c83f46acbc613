import { listRelations } from './relations.ts';
import type { Session } from './session.ts';

/** Locks that a dump takes, and how many the server can hold. */
export interface LockRoom {
  needed: number;
  room: number;
  /** A setting of max_locks_per_transaction that leaves room for everybody else. */
  wanted: number;
}

/** Catalogs that are read, and the indexes of the tables that are being counted. */
const BESIDE_TABLES = 64;

/** As many more as we take ourselves: what the application needs meanwhile. */
const ROOM_FOR_OTHERS = 2;

interface Settings extends Record<string, unknown> {
  locks: string;
  sessions: string;
}

/** The size of the lock table as the documentation of max_locks_per_transaction works it out. */
export async function readLockRoom(session: Session): Promise<LockRoom> {
  const { locks, sessions } = await session.queryOne<Settings>(`
    SELECT pg_catalog.current_setting('max_locks_per_transaction') AS locks,
           pg_catalog.current_setting('max_connections')::int + pg_catalog.current_setting('max_prepared_transactions')::int AS sessions`);
  const needed = (await listRelations(session, { withSizes: false })).length + BESIDE_TABLES;
  const room = Number(locks) * Number(sessions);
  return {
    needed,
    room,
    wanted: Math.max(Number(locks), Math.ceil((needed * ROOM_FOR_OTHERS) / Number(sessions))),
  };
}
