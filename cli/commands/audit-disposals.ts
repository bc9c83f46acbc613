import { Command } from 'commander';
import { systemClock } from '../../engine/composition/from-config.ts';
import { repositoriesOf } from '../../engine/composition/repositories.ts';
import {
  type ListedDisposal,
  listDisposals,
} from '../../engine/operations/audit/list-disposals.ts';
import type { Run } from '../run.ts';
import { DEFAULT_SINCE, periodSince } from '../since-option.ts';
import { renderTable } from '../table.ts';
import { showBytes, showTime } from '../words.ts';

export function auditDisposalsCommand(run: Run): Command {
  return new Command('disposals')
    .description('print the certificate of each set that retention removed to its last object')
    .option('--since <time>', `a duration or a day, as of \`audit\` (default: ${DEFAULT_SINCE})`)
    .option('--database <name>', 'only the sets of this database')
    .action(
      run(async (invocation, { since = DEFAULT_SINCE, database }) => {
        const period = periodSince(String(since), systemClock.now());
        const loaded = await invocation.load();
        const repositories = await repositoriesOf(loaded, invocation.named());
        const { disposals, failures } = await listDisposals(repositories, {
          ...period,
          database: database === undefined ? undefined : String(database),
        });
        const from = period.from.toISOString();
        if (failures.length < repositories.length)
          invocation.printer.result({ since: from, disposals }, (shown) =>
            shown.disposals.length === 0
              ? `no set was removed to its last object since ${showTime(from)}`
              : renderTable(HEAD, shown.disposals.map(rowOf)),
          );
        const [failure] = failures;
        if (failure !== undefined) throw failure.error;
      }),
    );
}

const HEAD = ['gone', 'repository', 'set', 'database', 'plan', 'keys', 'size', 'released', 'why'];

function rowOf(disposal: ListedDisposal): string[] {
  const { repository, id, database, plan, keys, bytes, releasedAt, releasedBy } = disposal;
  const released = releasedAt === null ? '' : showTime(releasedAt);
  return [
    showTime(disposal.goneAt),
    repository,
    id,
    database,
    plan,
    keys === null ? '' : keys.map(({ type, id: key }) => `${type} ${key}`).join(', '),
    bytes === null ? '' : showBytes(bytes),
    releasedBy === null ? released : `${released} by ${releasedBy}`,
    disposal.why,
  ];
}
