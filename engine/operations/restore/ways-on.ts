import { quoteForShell } from '../../domain/command-quoting.ts';
import { HoldfastError } from '../../errors.ts';
import { failedEntryOf } from '../../postgres/programs/failed-restore.ts';
import type { RestoreRequest } from '../restore-request.ts';

/**
 * The failure of a restore that one object stopped, with the ways to the rest of the set. A failure
 * that passes by itself, or that is no object's, stays what it is.
 */
export function withWaysOn(
  error: unknown,
  request: RestoreRequest,
  { id }: { id: string },
): unknown {
  const failure = failedEntryOf(error);
  if (!(error instanceof HoldfastError) || failure === undefined || error.retryable) return error;
  const { code, message, hint, cause } = error;
  const orphans =
    failure.query === null
      ? []
      : [`Its rows without a match, in the source or after a restore: ${failure.query};`];
  return new HoldfastError({
    code,
    message,
    hint: [...orphans, ...(hint === undefined ? [] : [hint]), ...waysOn(request, id)].join(' '),
    cause,
  });
}

function waysOn({ tables, overwrite, contents }: RestoreRequest, id: string): string[] {
  if (tables.length > 0)
    return [
      'Run it again with --keep-going, which makes the table without that object;',
      'or with --as NAME, which puts the rows alone into a new table.',
    ];
  const archive = `holdfast export ${quoteForShell(id)} --archive --out FILE`;
  const others = [
    ...(contents === 'schema' ? [] : ['--table NAME brings single tables back']),
    ...(contents === 'all' ? ['--schema-only the definitions'] : []),
    `\`${archive}\` writes an archive for pg_restore itself.`,
  ].join(', ');
  const first =
    overwrite === undefined
      ? 'Run it again with --keep-going, which restores everything else and lists what failed.'
      : 'Nothing was replaced. Restore into another database with --create --keep-going, ' +
        'which restores everything else and lists what failed.';
  return [first, `Or: ${others}`];
}
