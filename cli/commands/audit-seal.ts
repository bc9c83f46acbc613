import { Command } from 'commander';
import { configDigest } from '../../engine/composition/config-digest.ts';
import { signerForWriting } from '../../engine/composition/signer.ts';
import { type HoldfastError, isHoldfastError } from '../../engine/errors.ts';
import { recordConfig } from '../../engine/operations/audit/record-config.ts';
import { type SealResult, sealLedger } from '../../engine/operations/audit/seal-ledger.ts';
import { at, type Context } from '../../engine/operations/context.ts';
import type { Run } from '../run.ts';
import { EVERYTHING } from '../subject.ts';

interface Sealed extends SealResult {
  repository: string;
  location: string;
}

export function auditSealCommand(run: Run): Command {
  return new Command('seal')
    .description(
      'add a signed entry with the SHA-256 of every new audit record to the ledger of each repository',
    )
    .action(
      run(async (invocation) => {
        const loaded = await invocation.load();
        invocation.subject = EVERYTHING;
        const context = await invocation.context(loaded, { access: 'none' });
        const sha256 = await configDigest(loaded);
        const { signer, madeAt } = await signerForWriting(loaded);
        if (madeAt !== undefined)
          invocation.printer.note(
            `made a signing key at ${madeAt}; keep a copy of keys/signing-${signer.keyId}.pem in a ` +
              'place where nobody who can write in the repository can change it',
          );
        const repositories: Sealed[] = [];
        let failure: HoldfastError | undefined;
        for (const place of context.repositories) {
          const { name, repository } = place;
          try {
            const result = await sealLedger({
              ...{ repository, clock: context.clock, signer },
              ...configOf(at(context, place), { sha256, target: loaded.path ?? null }),
            });
            repositories.push({ repository: name, location: repository.location, ...result });
          } catch (error) {
            if (!isHoldfastError(error)) throw error;
            failure ??= error;
          }
        }
        if (repositories.length > 0)
          invocation.printer.result({ repositories }, (shown) =>
            shown.repositories.map(describe).join('\n'),
          );
        if (failure !== undefined) throw failure;
      }),
    );
}

/** What this machine works by; nothing where the environment alone is the config. */
function configOf(
  context: Context,
  { sha256, target }: { sha256: string | undefined; target: string | null },
) {
  if (sha256 === undefined) return {};
  const config = { sha256, host: context.actor.host };
  return { config, onNewConfig: recordConfig(context, { ...config, target }) };
}

function describe({ repository, location, entries, records, isOutrun }: Sealed): string {
  const made =
    entries.length === 0
      ? 'no entry was made'
      : `${entries.join(', ')} covers ${records} new record${records === 1 ? '' : 's'}`;
  const outrun = isOutrun ? '; another run made an entry at the same time' : '';
  return `${repository} (${location}): ${made}${outrun}`;
}
