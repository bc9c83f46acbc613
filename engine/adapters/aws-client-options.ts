import { regionOfEnvironment } from '../domain/aws-region.ts';
import { type AwsService, endpointIn } from './aws-endpoint.ts';
import { makeHandler } from './aws-http-handler.ts';
import { type CredentialSource, identityOf } from './aws-identity.ts';

const ATTEMPTS = 5;
const CONNECTION_TIMEOUT_MS = 5_000;

/** The SDK would write warnings between our JSON lines. */
export const SILENT = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export interface ServiceOptions {
  service: AwsService;
  region?: string | undefined;
  /** Milliseconds until a request is answered, and that an answer may stand still. */
  requestTimeoutMs?: number | undefined;
  /** Whose requests these are, where it is not whom the environment says. */
  credentials?: CredentialSource | undefined;
}

/**
 * What every client of a small service is made with: whose requests, where, time-outs, tries, and the
 * proxy of the environment. A service that does not answer, or stops in the midst of an
 * answer, is given up within two minutes.
 */
export function clientOptions(
  env: NodeJS.ProcessEnv,
  { service, region, requestTimeoutMs = 15_000, credentials }: ServiceOptions,
) {
  const named = region ?? regionOfEnvironment(env);
  const endpoint = endpointIn(env, service);
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(named ? { region: named } : {}),
    ...identityOf(env, { credentials }),
    maxAttempts: ATTEMPTS,
    logger: SILENT,
    requestHandler: makeHandler(env, {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: requestTimeoutMs,
    }),
  };
}
