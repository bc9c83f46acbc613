import type { AddressConfig, DatabaseConfig } from './database-schema.ts';

/** Texts (PEM) of files of certificate authorities, by the path that the config names. */
export type Authorities = Readonly<Record<string, string>>;

export interface ReadAuthorities {
  texts: Authorities;
  /** Of files that hold no certificate: each line begins with the path of a setting. */
  mistakes: string[];
}

/** The files of authorities that these databases name, each once; `where` is a setting that names it. */
export function authorityFiles(
  databases: readonly [name: string, database: DatabaseConfig][],
): { path: string; where: string }[] {
  const named = databases.flatMap(([name, database]) => [
    { path: fileOf(database), where: `databases.${name}.sslrootcert` },
    { path: fileOf(database.replica), where: `databases.${name}.replica.sslrootcert` },
  ]);
  const files = named.filter(
    (one): one is { path: string; where: string } => one.path !== undefined,
  );
  return files.filter(
    ({ path }, index) => files.findIndex((other) => other.path === path) === index,
  );
}

/** The database as another machine can reach it: the text of its authorities in place of their file. */
export function withAuthorities(
  { replica, ...database }: DatabaseConfig,
  texts: Authorities,
): DatabaseConfig {
  const travelled = withText(database, texts);
  return replica === undefined ? travelled : { ...travelled, replica: withText(replica, texts) };
}

function withText<Address extends AddressConfig>(address: Address, texts: Authorities): Address {
  const path = fileOf(address);
  const text = path === undefined ? undefined : texts[path];
  return text === undefined ? address : { ...address, sslrootcert: text };
}

function fileOf(address: AddressConfig | undefined): string | undefined {
  return address?.sslrootcert === 'system' ? undefined : address?.sslrootcert;
}
