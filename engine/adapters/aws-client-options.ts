import { makeHandler } from './aws-http-handler.ts';
import { identityOf } from './aws-identity.ts';

const ATTEMPTS = 5;
const CONNECTION_TIMEOUT_MS = 5_000;

/** The SDK would write warnings between our JSON lines. */
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

export interface ServiceOptions {
  region?: string | undefined;
  /** Milliseconds that one request may take. */
  requestTimeoutMs?: number;
}

/** What every client of a small service is made with: whose requests, where, time-outs, tries, and the proxy of the environment. */
export function clientOptions(env: NodeJS.ProcessEnv, { region, requestTimeoutMs = 15_000 }: ServiceOptions = {}) {
  const named = region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION);
  return {
    ...(named ? { region: named } : {}),
    ...identityOf(env),
    maxAttempts: ATTEMPTS,
    logger: SILENT,
    requestHandler: makeHandler(env, { connectionTimeout: CONNECTION_TIMEOUT_MS, requestTimeout: requestTimeoutMs }),
  };
}
