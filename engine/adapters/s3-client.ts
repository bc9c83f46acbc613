import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { regionOfEnvironment } from '../domain/aws-region.ts';
import { SILENT } from './aws-client-options.ts';
import { endpointIn } from './aws-endpoint.ts';
import { makeHandler } from './aws-http-handler.ts';
import { type CredentialSource, identityOf } from './aws-identity.ts';
import { BackOff, GIVE_UP_AFTER_MS, MAX_ATTEMPTS } from './s3-retry.ts';

const TRANSPORT = { connectionTimeout: 10_000, maxSockets: 50 };
/** Without a byte in either direction. A part may take as long as it needs while it moves. */
const SOCKET_TIMEOUT_MS = 120_000;
/** Stores that are not AWS take any; a request can't be signed without one. */
const ANY_REGION = 'us-east-1';

export interface S3ClientOptions {
  region?: string | undefined;
  /** URL of a store that is not AWS. */
  endpoint?: string | undefined;
  /** The bucket's name in the path; decided by the endpoint unless given. */
  pathStyle?: boolean | undefined;
  profile?: string | undefined;
  /** Whose requests these are, where it is not whom the profile or the environment says. */
  credentials?: CredentialSource | undefined;
  env: NodeJS.ProcessEnv;
  /** How long the store may stand still. */
  patienceMs?: number | undefined;
  /** Milliseconds before the second attempt, at most. */
  baseDelayMs?: number | undefined;
}

/** A client of the SDK for one repository: its address, credentials, time-outs, retries, and the proxy of the environment. */
export function makeS3Client(options: S3ClientOptions): S3Client {
  const { env, baseDelayMs, patienceMs = GIVE_UP_AFTER_MS } = options;
  const endpoint = endpointOf(options);
  const chosen = Number.parseInt(env.AWS_MAX_ATTEMPTS ?? '', 10) || undefined;
  const maxAttempts = chosen ?? MAX_ATTEMPTS;
  const socketTimeout = Math.min(SOCKET_TIMEOUT_MS, patienceMs);
  const giveUp = { isChosen: chosen !== undefined, giveUpAfterMs: patienceMs };
  const client = new S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...regionOf(options),
    ...identityOf(env, options),
    forcePathStyle: options.pathStyle ?? isOtherStore(options),
    requestHandler: makeHandler(env, { ...TRANSPORT, socketTimeout }),
    retryStrategy: new BackOff({ maxAttempts, baseDelayMs, ...giveUp }),
    maxAttempts,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    expectContinueHeader: false,
    logger: SILENT,
  });
  signWithGivenDigest(client);
  return client;
}

/** Whether requests go to a store that is not AWS. */
export function isOtherStore(options: Pick<S3ClientOptions, 'endpoint' | 'env'>): boolean {
  const endpoint = endpointOf(options);
  return endpoint !== undefined && !/(^|\.)amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname);
}

/** By the config, else by the environment. @throws HoldfastError CONFIG_INVALID. */
function endpointOf({
  endpoint,
  env,
}: Pick<S3ClientOptions, 'endpoint' | 'env'>): string | undefined {
  return endpoint ?? endpointIn(env, 'S3');
}

function regionOf(options: S3ClientOptions): Pick<S3ClientConfig, 'region'> {
  const { region, env } = options;
  const named = region ?? regionOfEnvironment(env);
  if (named) return { region: named };
  return isOtherStore(options) && identityOf(env, options).profile === undefined
    ? { region: ANY_REGION }
    : {};
}

/** The SHA-256 that we give for the store to verify is the one that the signature covers, so the body is not hashed a second time. */
function signWithGivenDigest(client: S3Client): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const { headers } = args.request as { headers: Record<string, string> };
      const digest = headers['x-amz-checksum-sha256'];
      if (digest !== undefined)
        headers['x-amz-content-sha256'] = Buffer.from(digest, 'base64').toString('hex');
      return next(args);
    },
    { step: 'build', name: 'signWithGivenDigest' },
  );
}
