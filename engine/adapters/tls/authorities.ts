import { X509Certificate } from 'node:crypto';
import { getCACertificates } from 'node:tls';
import { ENV } from '../../contract.ts';
import { HoldfastError } from '../../errors.ts';
import { readSmallFileSync, UnreadableFile } from '../../files/read-small-file.ts';

/** Node reads it by itself, from the environment that it was started with. */
const READ_BY_NODE = 'NODE_EXTRA_CA_CERTS';
/** Files of certificates (PEM). */
const VARIABLES = [ENV.ca, 'AWS_CA_BUNDLE', READ_BY_NODE] as const;

/**
 * The authorities that a TLS client of ours trusts: those of Node and those of the files that the environment names. Undefined where
 * it names none. Not for PostgreSQL, whose clients go by `sslrootcert`.
 * @throws HoldfastError CONFIG_INVALID
 */
export function authoritiesIn(env: Readonly<NodeJS.ProcessEnv>): string[] | undefined {
  const named = VARIABLES.flatMap((variable) => {
    const path = env[variable];
    if (variable === READ_BY_NODE && path === process.env[variable]) return [];
    return path ? certificatesIn(path, variable) : [];
  });
  return named.length === 0 ? undefined : [...getCACertificates('default'), ...named];
}

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function certificatesIn(path: string, variable: string): string[] {
  const certificates = readText(path, variable).match(PEM) ?? [];
  if (certificates.length === 0) throw unusable({ path, variable, why: 'holds no certificate' });
  for (const certificate of certificates) {
    try {
      new X509Certificate(certificate);
    } catch (cause) {
      throw unusable({ path, variable, why: 'holds a damaged certificate', cause });
    }
  }
  return certificates;
}

function readText(path: string, variable: string): string {
  try {
    return readSmallFileSync(path).toString('latin1');
  } catch (cause) {
    if (!(cause instanceof UnreadableFile)) throw cause;
    throw unusable({ path, variable, why: `can not be read: ${cause.message}`, cause });
  }
}

function unusable({
  path,
  variable,
  why,
  cause,
}: {
  path: string;
  variable: string;
  why: string;
  cause?: unknown;
}): HoldfastError {
  const setting = variable === ENV.ca ? `ca or ${variable}` : variable;
  return new HoldfastError({
    code: 'CONFIG_INVALID',
    message: `${path}, the file of certificate authorities of ${setting}, ${why}`,
    hint: 'Name a file of certificates in PEM, each between BEGIN CERTIFICATE and END CERTIFICATE, that this user may read.',
    cause,
  });
}
