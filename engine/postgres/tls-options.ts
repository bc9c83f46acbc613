import { statSync } from 'node:fs';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { HoldfastError } from '../errors.ts';
import { readSmallFileSync } from '../files/read-small-file.ts';
import type { ConnectionSettings } from './connection-settings.ts';

/**
 * What the driver needs to check as much as libpq does in the same mode.
 * @throws HoldfastError CONFIG_INVALID when a file of the settings can't be read.
 */
export function tlsOptions(settings: ConnectionSettings): ConnectionOptions {
  const { sslmode, sslrootcert, sslcert, sslkey, sslcrl } = settings;
  const common = {
    ...nameToCheck(settings),
    ...(settings.minTlsVersion === undefined ? {} : { minVersion: settings.minTlsVersion }),
    ...(settings.maxTlsVersion === undefined ? {} : { maxVersion: settings.maxTlsVersion }),
    ...(sslcert === undefined ? {} : { cert: read('sslcert', sslcert), key: readKey(sslkey) }),
  };
  if (sslrootcert === undefined) return { rejectUnauthorized: false, ...common };
  const authorities = {
    ca: read('sslrootcert', sslrootcert),
    rejectUnauthorized: true,
    ...common,
    ...(sslcrl === undefined ? {} : { crl: read('sslcrl', sslcrl) }),
  };
  return sslmode !== 'verify-full'
    ? { ...authorities, checkServerIdentity: () => undefined }
    : authorities;
}

/** The driver is given an address to connect to; a certificate is of the host. SNI takes no address. */
function nameToCheck({ host, hostaddr }: ConnectionSettings): ConnectionOptions {
  if (hostaddr === undefined || hostaddr === host) return {};
  return isIP(host) === 0 ? { servername: host } : { host };
}

/** As for libpq: nobody else may read it, but a key of root may be readable for its group. */
function readKey(file: string | undefined): Buffer {
  const key = read('sslkey', file);
  if (/ENCRYPTED/.test(key.toString('latin1')))
    throw new HoldfastError({
      code: 'CONFIG_INVALID',
      message: `sslkey ${file} is encrypted, and pg_dump could get its password only as an argument`,
      hint: `Give a key without a password, mode 600: openssl pkey -in '${file}' -out client.key`,
    });
  const { mode, uid } = statSync(file ?? '');
  if (process.platform === 'win32' || (mode & (uid === 0 ? 0o037 : 0o077)) === 0) return key;
  throw new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `others may read sslkey ${file}, so libpq would refuse it`,
    hint: `Run: chmod 600 '${file}'`,
  });
}

function read(parameter: string, file: string | undefined): Buffer {
  try {
    return readSmallFileSync(file ?? '');
  } catch (cause) {
    throw new HoldfastError({
      code: 'CONFIG_INVALID',
      message:
        file === undefined
          ? `a connection has sslcert but no ${parameter}`
          : `${parameter} ${file} can not be read: ${(cause as Error).message}`,
      hint: 'Check the path, and that this user may read the file.',
      cause,
    });
  }
}
