import type { ErrorCode } from '../../errors.ts';
import { CONNECTIONS_OF_A_BACKUP } from '../connection/connection-room.ts';

const HINTS: readonly [RegExp, string][] = [
  [
    /too many (connections|clients)|remaining connection slots/,
    `A backup needs ${CONNECTIONS_OF_A_BACKUP} connections at once: \`holdfast doctor\` compares that with the limits of role, database and server.`,
  ],
  [
    /invalid connection option "require_auth"/,
    'Programs before PostgreSQL 16 do not know require_auth. Name newer ones in postgresBin, or leave require_auth (PGREQUIREAUTH) out.',
  ],
  [
    /invalid byte sequence for encoding/,
    "A role of the server may have a name in another encoding, at which pg_dumpall fails. This shows the bytes: SELECT encode(replace(rolname::text, '\\', '\\\\')::bytea, 'escape') FROM pg_roles; Rename it from a database of that encoding.",
  ],
  [/permission denied/, 'Run `holdfast doctor`: it prints the GRANT that is missing.'],
  [/row-level security/, 'Run `holdfast doctor`: the role needs BYPASSRLS.'],
  [
    /out of shared memory/,
    'Raise max_locks_per_transaction on the server; each table takes a lock.',
  ],
  [
    /lock timeout|lock not available/,
    'A migration holds a table. Run it again afterwards, or raise lockWaitTimeout.',
  ],
  [
    /too many clients|remaining connection slots|terminating connection|server closed|could not receive/,
    'The server ended the connection; its log says why. Run the command again.',
  ],
  [
    /extension .* is not available|extension control file/,
    'Install the package of that extension on the target server first.',
  ],
  [/could not (extend|write)|No space/, 'The disk of the server is full.'],
  [/role .* does not exist/, 'Run it again with --roles, which makes the missing roles (NOLOGIN).'],
];

/** What doctor prints is for the role of backups. */
const OF_BACKUPS = /permission denied|row-level security/;

/** What to do about a failure, by what the program said. */
export function hintFor(said: string, failure: ErrorCode): string {
  if (failure !== 'DUMP_FAILED' && OF_BACKUPS.test(said))
    return 'The role lacks a right for that. README, "Your own database", makes a role that restores.';
  return (
    HINTS.find(([pattern]) => pattern.test(said))?.[1] ?? 'The server log of that moment says more.'
  );
}
