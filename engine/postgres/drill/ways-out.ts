import type { TocEntry } from '../../domain/archive-toc.ts';
import { quoteIdentifier } from '../../domain/table-name.ts';
import type { ConnectionSettings } from '../connection-settings.ts';
import { Session } from '../session.ts';

/** Entries by which a restored database logs in to another server. */
const LOGINS = new Set(['USER MAPPING', 'SUBSCRIPTION', 'SUBSCRIPTION TABLE']);

/** Whether an entry has no place in a drill without a network namespace. */
export function isLoginElsewhere({ type, tag }: Pick<TocEntry, 'type' | 'tag'>): boolean {
  return (
    LOGINS.has(type) ||
    (/^(ACL|COMMENT|SECURITY LABEL)$/.test(type) && tag.startsWith('SUBSCRIPTION '))
  );
}

export interface WaysOutOptions {
  applicationName: string;
}

/** How a set is restored without what logs in to other servers. */
export function withoutWaysOut(
  settings: ConnectionSettings,
  options: WaysOutOptions,
): { leavesOut: (entry: TocEntry) => boolean; afterDefinitions: () => Promise<void> } {
  return {
    leavesOut: isLoginElsewhere,
    afterDefinitions: async () => {
      const session = await Session.open(settings, options);
      await dropServerPasswords(session).finally(() => session.end());
    },
  };
}

/** Options of foreign servers whose names say that they hold a password. */
async function dropServerPasswords(session: Session): Promise<void> {
  const found = await session.query<{ server: string; option: string }>(
    `SELECT s.srvname AS server, o.option_name AS option
     FROM pg_catalog.pg_foreign_server s, pg_catalog.pg_options_to_table(s.srvoptions) o
     WHERE o.option_name ~* 'pass|secret|token|key'`,
  );
  for (const { server, option } of found)
    await session.query(
      `ALTER SERVER ${quoteIdentifier(server)} OPTIONS (DROP ${quoteIdentifier(option)})`,
    );
}
