import { type Finding, finding, type SeenSet } from '../finding.ts';
import { adviceOnServers, describeServer, type SourceServer } from '../set/other-server.ts';
import { speakTime } from '../spoken-numbers.ts';

type SetOfServer = SeenSet & SourceServer;

/**
 * Sets of one database that came from several servers. A database that was moved changes its server
 * once, which is said until the next backup. Where sets of two servers take turns, two databases
 * share a name: that is said as long as such sets are there. One finding a database.
 */
export function judgeServers(
  sets: readonly SeenSet[],
  { repository }: { repository: string },
): Finding[] {
  const known = sets.filter(
    (set): set is SetOfServer => typeof set.systemIdentifier === 'string' && set.address !== null,
  );
  const byDatabase = Map.groupBy(known, ({ database }) => database);
  return [...byDatabase].flatMap(([database, own]) => {
    const newest = own.at(-1);
    const changes = own.filter((set, index) => index > 0 && !isSame(set, own[index - 1]));
    const change = changes.at(-1);
    if (newest === undefined || change === undefined) return [];
    const servers = new Set(own.map(({ systemIdentifier }) => systemIdentifier)).size;
    const takeTurns = changes.length >= servers;
    if (change !== newest && !takeTurns) return [];
    return [
      finding(
        { plan: null, database, repository },
        {
          verdict: 'other-server',
          severity: 'warning',
          detail: describe(own, { change, takeTurns }),
          since: change.startedAt,
          set: change.id,
          hint: adviceOnServers(database),
        },
      ),
    ];
  });
}

function describe(
  own: readonly SetOfServer[],
  { change, takeTurns }: { change: SetOfServer; takeTurns: boolean },
): string {
  const before = own[own.indexOf(change) - 1] as SetOfServer;
  const changed = `${change.id}, taken ${speakTime(change.startedAt)}, came from ${describeServer(change)}, the set before it, ${before.id}, from ${describeServer(before)}`;
  return takeTurns ? `sets of several servers take turns: ${changed}` : changed;
}

function isSame({ systemIdentifier }: SetOfServer, other: SetOfServer | undefined): boolean {
  return systemIdentifier === other?.systemIdentifier;
}
