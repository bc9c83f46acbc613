import { type Command, Option } from 'commander';
import { THAW_TIERS, type ThawTier } from '../engine/domain/thaw-estimate.ts';
import { collect } from './collect.ts';

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
    .option('--create', 'make the database; it must not exist')
    .option(
      '--table <name>',
      'only this table with all that belongs to it (again for more)',
      collect,
      [],
    )
    .option(
      '--as <name>',
      'put the rows of the --table before it into a new table of this name',
      collect,
      [],
    )
    .addOption(new Option('--schema-only', 'definitions only').conflicts('dataOnly'))
    .option('--data-only', 'rows only, into empty tables that are there')
    .option('--roles', 'make the roles that the target lacks (NOLOGIN, no password)')
    .option('--no-owner', 'leave all objects to the role that restores, not to their owners')
    .option('--dry-run', 'say what would be done, and do nothing')
    .option(
      '--overwrite <name>',
      'replace the database of this name: restored beside it, compared, then swapped; the old one is kept',
    )
    .option('--end-sessions', 'with --overwrite: end the sessions of the database that is replaced')
    .option(
      '--keep-going',
      'restore everything that the target takes, list what it refuses, and exit with 1',
    )
    .addOption(
      new Option(
        '--thaw <tier>',
        'wait for objects in a cold storage class, at this speed',
      ).choices(THAW_TIERS),
    );
}
