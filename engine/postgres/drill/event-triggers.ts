import { quoteIdentifier } from '../../domain/table-name.ts';
import type { Session } from '../session.ts';

/** From this version on sessions can switch event triggers off, which include triggers on login. */
const SINCE_SETTING = 170_000;

/** Options of a session that nothing of the restored database may keep from looking: neither its triggers on login nor its own settings. */
export function observerOptions(versionNum: number): string {
  const triggers = versionNum >= SINCE_SETTING ? ['event_triggers=off'] : [];
  return ['log_min_messages=error', 'log_min_error_statement=error', ...triggers]
    .map((setting) => `-c ${setting}`)
    .join(' ');
}

/** Keeps event triggers from refusing statements of the drill itself. */
export async function disableEventTriggers(session: Session): Promise<void> {
  const triggers = await session.query<{ name: string }>(
    "SELECT evtname AS name FROM pg_catalog.pg_event_trigger WHERE evtenabled <> 'D'",
  );
  for (const { name } of triggers)
    await session.query(`ALTER EVENT TRIGGER ${quoteIdentifier(name)} DISABLE`);
}
