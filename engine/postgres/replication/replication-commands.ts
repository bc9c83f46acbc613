import { type Lsn, parseLsn } from '../../domain/wal/lsn.ts';
import { parseHistory, type TimelineLine } from '../../domain/wal/timeline.ts';
import { HoldfastError } from '../../errors.ts';
import type { ReplicationSession } from './replication-session.ts';

/** Which cluster the server runs, and where its log is. */
export interface SystemIdentity {
  systemIdentifier: string;
  timeline: number;
  /** How far the log is flushed. */
  position: Lsn;
}

/** A physical slot as the server has it. */
export interface PhysicalSlot {
  /** From where the server keeps the log for it; undefined where nothing is kept yet. */
  restartLsn: Lsn | undefined;
  restartTimeline: number | undefined;
}

export async function identifySystem(session: ReplicationSession): Promise<SystemIdentity> {
  const row = await session.queryOne('IDENTIFY_SYSTEM');
  const position = parseLsn(row.xlogpos ?? '');
  if (row.systemid == null || position === undefined) throw unexpected('IDENTIFY_SYSTEM');
  return { systemIdentifier: row.systemid, timeline: Number(row.timeline), position };
}

/** Makes a slot that lives as long as this session, and from now on keeps the log. */
export async function reserveLog(session: ReplicationSession, slot: string): Promise<void> {
  await session.queryOne(
    `CREATE_REPLICATION_SLOT "${slotName(slot)}" TEMPORARY PHYSICAL RESERVE_WAL`,
  );
}

/** Makes a slot that stays until somebody drops it, and from now on keeps the log. */
export async function createSlot(session: ReplicationSession, slot: string): Promise<void> {
  await session.queryOne(`CREATE_REPLICATION_SLOT "${slotName(slot)}" PHYSICAL RESERVE_WAL`);
}

/** Undefined where there is no physical slot of this name. */
export async function readSlot(
  session: ReplicationSession,
  slot: string,
): Promise<PhysicalSlot | undefined> {
  const row = await session.queryOne(`READ_REPLICATION_SLOT "${slotName(slot)}"`);
  if (row.slot_type !== 'physical') return undefined;
  return {
    restartLsn: parseLsn(row.restart_lsn ?? ''),
    restartTimeline: row.restart_tli == null ? undefined : Number(row.restart_tli),
  };
}

/** The history file of a timeline above 1: its content as it is archived, and what it says. */
export async function readTimelineHistory(
  session: ReplicationSession,
  timeline: number,
): Promise<{ content: string; line: TimelineLine }> {
  const { content } = await session.queryOne(`TIMELINE_HISTORY ${timeline}`);
  const line = parseHistory(content ?? '', timeline);
  if (content == null || line === undefined) throw unexpected('TIMELINE_HISTORY');
  return { content, line };
}

/** Slots have only these characters (PostgreSQL, "Replication Slots"), so none needs quoting. */
function slotName(name: string): string {
  if (/^[a-z0-9_]{1,63}$/.test(name)) return name;
  throw new HoldfastError({
    code: 'INTERNAL',
    message: 'a replication slot has a name of lower-case letters, digits and underscores',
  });
}

function unexpected(command: string): HoldfastError {
  return new HoldfastError({
    code: 'INTERNAL',
    message: `the server answered ${command} with something else`,
  });
}
