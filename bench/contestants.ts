import type { ConnectionSettings } from '../engine/postgres/connection-settings.ts';
import type { Toolset } from '../engine/postgres/tools.ts';

/** One way to back up the database; it writes below $OUT, which is emptied before each run. */
export interface Contestant {
  name: string;
  command: string;
  /** Goes to a bucket of the local AWS. */
  isToBucket?: true;
}

export interface ContestantOptions {
  tools: Toolset;
  settings: ConnectionSettings;
  node: string;
  holdfast: string;
}

/** All on the same socket, the same database, the same disk. */
export function contestants({ tools, settings, node, holdfast }: ContestantOptions): Contestant[] {
  const dump = `${tools.directory}/pg_dump "host=${settings.host} user=${settings.user} dbname=${settings.database}"`;
  return [
    { name: 'raw', command: `${dump} -Fc -Z0 > /dev/null` },
    { name: 'holdfast', command: `${node} ${holdfast} backup --quiet` },
    {
      name: 'holdfast to S3',
      command: `${node} ${holdfast} backup --quiet --config s3.yaml`,
      isToBucket: true,
    },
    { name: 'pg_dump -Fc', command: `${dump} -Fc > $OUT/dump` },
    { name: 'pg_dump -Fd -j2', command: `${dump} -Fd -j2 -f $OUT/dir` },
    {
      name: 'pg_dump -Fc | gpg',
      command: `${dump} -Fc | gpg --homedir $HOME --batch --symmetric --cipher-algo AES256 --passphrase-file $PASS > $OUT/dump.gpg`,
    },
    {
      name: 'pg_dump -Fc | openssl',
      command: `${dump} -Fc | openssl enc -aes-256-cbc -salt -pbkdf2 -pass file:$PASS -out $OUT/dump.enc`,
    },
  ];
}
