import { resolve } from 'node:path';
import { Command } from 'commander';
import { systemClock } from '../../engine/composition/from-config.ts';
import { readPublicKeyFile } from '../../engine/composition/public-key-file.ts';
import { repositoriesOf } from '../../engine/composition/repositories.ts';
import { EXIT } from '../../engine/domain/exit-status.ts';
import { type HoldfastError, isHoldfastError } from '../../engine/errors.ts';
import { type VerifiedLedger, verifyLedger } from '../../engine/operations/audit/verify-ledger.ts';
import { listOption } from '../list-option.ts';
import type { Run } from '../run.ts';
import { parseSince } from '../since-option.ts';

interface Verified extends VerifiedLedger {
  repository: string;
  location: string;
}

export function auditVerifyCommand(run: Run): Command {
  return new Command('verify')
    .description(
      'name audit records and ledger entries that were removed, changed or added later; ' +
        'exits with 1 where there are any',
    )
    .addOption(
      listOption(
        '--public-key <file>',
        'trust only this key; may be repeated (default: the keys in the repository)',
      ),
    )
    .option(
      '--since <time>',
      'do not judge records and gaps before it: a duration such as 90d, or a day',
    )
    .action(
      run(async (invocation, options) => {
        const now = systemClock.now();
        const since =
          options.since === undefined ? undefined : parseSince(String(options.since), now);
        const files = options.publicKey as string[];
        const publicKeys = await Promise.all(files.map((file) => readPublicKeyFile(resolve(file))));
        const loaded = await invocation.load();
        const repositories: Verified[] = [];
        let failure: HoldfastError | undefined;
        for (const { name, repository } of await repositoriesOf(loaded, invocation.named())) {
          try {
            const verified = await verifyLedger(repository, { publicKeys, now, since });
            repositories.push({ repository: name, location: repository.location, ...verified });
          } catch (error) {
            if (!isHoldfastError(error)) throw error;
            failure ??= error;
          }
        }
        const isWhole = repositories.every(({ faults }) => faults.length === 0);
        if (publicKeys.length === 0)
          invocation.printer.note(
            'the keys in the repository were trusted, and anyone who can write there can add one; ' +
              'give the key that you kept with --public-key',
          );
        if (repositories.length > 0)
          invocation.printer.result({ isWhole, repositories }, (shown) =>
            shown.repositories.map(describe).join('\n\n'),
          );
        if (failure !== undefined) throw failure;
        process.exitCode = isWhole ? EXIT.done : EXIT.failed;
      }),
    );
}

/** Objects of one kind that are named in full. */
const MOST_LINES = 50;

function describe(verified: Verified): string {
  const { repository, location, entries, records, begins, ends, head, signedBy } = verified;
  const { faults, notSealedYet, late } = verified;
  const period = begins === null ? '' : `, from ${begins} to ${ends}`;
  return [
    `${repository} (${location}): ${faults.length === 0 ? 'whole' : `${counted(faults.length, 'fault')}`}`,
    `${counted(records, 'record')}, ${counted(entries, 'entry', 'entries')} of the ledger${period}`,
    ...signedBy.map(
      ({ keyId, entries: signed }) =>
        `signed by key ${keyId}: ${counted(signed, 'entry', 'entries')}`,
    ),
    ...(head === null ? [] : [`SHA-256 of the newest entry: ${head}`]),
    ...cut(
      faults.map(({ code, key, detail }) => `${code}: ${key === null ? '' : `${key}: `}${detail}`),
    ),
    ...cut(late.map((key) => `late: ${key} was not there when the entry after its time was made`)),
    ...cut(notSealedYet.map((key) => `not sealed yet: ${key}`)),
  ].join('\n');
}

function counted(count: number, one: string, several = `${one}s`): string {
  return `${count} ${count === 1 ? one : several}`;
}

function cut(lines: readonly string[]): string[] {
  const left = lines.length - MOST_LINES;
  return left <= 0
    ? [...lines]
    : [...lines.slice(0, MOST_LINES), `and ${left} more, which --json lists`];
}
