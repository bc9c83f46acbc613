import type { AddressConfig, DatabaseConfig } from './database-schema.ts';

/** The place of a database, with the login that `restoreAs` names; undefined where it names none. */
export function restoreAddressOf(database: DatabaseConfig): AddressConfig | undefined {
  const { restoreAs } = database;
  if (restoreAs === undefined) return undefined;
  const place: AddressConfig = placeOf(database);
  const { user, passwordEnv, secret, iam, region = database.region } = restoreAs;
  return { ...place, user, passwordEnv, secret, iam, region };
}

/** Where a database is, without whom to log in as. A secret stays only where it alone knows the place. */
export function placeOf(database: DatabaseConfig): AddressConfig {
  const { restoreAs, replica, rds, drill, user, passwordEnv, iam, secret, ...place } = database;
  return isPlace(place) ? place : { ...place, secret };
}

function isPlace({ url, service, host, database, envFile, fromEnvironment }: AddressConfig) {
  return (
    (url ?? service ?? envFile ?? fromEnvironment) !== undefined ||
    (host !== undefined && database !== undefined)
  );
}
