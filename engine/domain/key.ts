import { MANIFEST_NAME } from '../contract.ts';
import type { BackupId } from './backup-id.ts';

/** The place of one set in a repository. */
export interface SetAddress {
  plan: string;
  database: string;
  id: BackupId;
}

/** Percent-encodes every UTF-8 byte outside [A-Za-z0-9_-], so that any name is one safe path segment on any store. */
export function encodeName(name: string): string {
  return Array.from(new TextEncoder().encode(name), (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9_-]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

/** The inverse of `encodeName`. @throws URIError when the text is not well-formed. */
export function decodeName(encoded: string): string {
  return decodeURIComponent(encoded);
}

/** Prefix of all sets of one plan and database, with its closing slash. */
export function databasePrefix({ plan, database }: Omit<SetAddress, 'id'>): string {
  return `${encodeName(plan)}/${encodeName(database)}/`;
}

/** Prefix of one set, with its closing slash. */
export function setPrefix(address: SetAddress): string {
  return `${databasePrefix(address)}${address.id}/`;
}

export function objectKey(address: SetAddress, name: string): string {
  return setPrefix(address) + name;
}

export function manifestKey(address: SetAddress): string {
  return objectKey(address, MANIFEST_NAME);
}
