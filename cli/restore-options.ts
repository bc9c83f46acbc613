import { type Command, Option } from 'commander';
import { THAW_TIERS, type ThawTier } from '../engine/domain/thaw-estimate.ts';
import { listOption } from './list-option.ts';

export interface RestoreOptions {
  to: string;
  create?: true;
  table: string[];
  as: string[];
  schemaOnly?: true;
  dataOnly?: true;
  roles?: true;
  /** False with --no-owner. */
  owner: boolean;
  jobs: number;
  dryRun?: true;
  overwrite?: string;
  endSessions?: true;
  keepGoing?: true;
  thaw?: ThawTier;
}

/** What a restore may be told, here and in the deployed stack. */
export function withRestoreOptions(command: Command): Command {
  return command
    .option('--create', 'create the database; it must not exist')
    .addOption(
      listOption(
        '--table <name>',
        'only this table, with its keys, indexes, triggers and grants (repeat it for more tables)',
      ),
    )
    .addOption(
      listOption('--as <name>', 'restore the --table before it into a new table of this name'),
    )
    .addOption(new Option('--schema-only', 'definitions only').conflicts('dataOnly'))
    .option('--data-only', 'rows only, into empty tables that are there')
    .option('--roles', 'create the roles that the target lacks (NOLOGIN, no password)')
    .option('--no-owner', 'make the role that restores the owner of all objects')
    .option('--dry-run', 'make all checks and print what would be done, but change nothing')
    .option(
      '--overwrite <name>',
      'replace the database of this name: restored beside it, compared, then swapped; the old one is kept',
    )
    .option('--end-sessions', 'with --overwrite: end the sessions of the database that is replaced')
    .option(
      '--keep-going',
      'restore everything that the target accepts, list what it refuses, and exit with 1 if there is any',
    )
    .addOption(
      new Option(
        '--thaw <tier>',
        'retrieve objects from a cold storage class at this speed, and wait for them',
      ).choices(THAW_TIERS),
    );
}
