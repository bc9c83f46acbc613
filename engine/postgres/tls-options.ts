import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { HoldfastError } from '../errors.ts';
import type { ConnectionSettings } from './connection-settings.ts';

/**
 * What the driver needs to check as much as libpq does in the same mode.
 * @throws HoldfastError CONFIG_INVALID when a file of the settings can't be read.
 */
export function tlsOptions(settings: ConnectionSettings): ConnectionOptions {
  const { sslmode, sslrootcert, sslcert, sslkey } = settings;
  const ownCertificate =
    sslcert === undefined ? {} : { cert: read('sslcert', sslcert), key: read('sslkey', sslkey) };
  if (sslrootcert === undefined) return { rejectUnauthorized: false, ...ownCertificate };
  const authorities = {
    ca: read('sslrootcert', sslrootcert),
    rejectUnauthorized: true,
    ...ownCertificate,
  };
  // The driver itself says which name to check; `servername` would be refused for an address.
  return sslmode === 'verify-ca'
    ? { ...authorities, checkServerIdentity: () => undefined }
    : authorities;
}

function read(parameter: string, file: string | undefined): Buffer {
  try {
    return readFileSync(file ?? '');
  } catch (cause) {
    throw new HoldfastError({
      code: 'CONFIG_INVALID',
      message:
        file === undefined
          ? `a connection has sslcert but no ${parameter}`
          : `${parameter} ${file} can not be read`,
      hint: 'Check the path, and that this user may read the file.',
      cause,
    });
  }
}
