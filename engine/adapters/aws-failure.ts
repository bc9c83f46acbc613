/** What kind of thing went wrong, whichever service said it; undefined for what only that service knows. */
export type AwsFault = 'credentials' | 'denied' | 'clock' | 'passing';

const CREDENTIALS =
  /^(CredentialsProviderError|TokenProviderError|ExpiredToken(Exception)?|RequestExpired|InvalidAccessKeyId|InvalidClientTokenId|SignatureDoesNotMatch|InvalidSignatureException|UnrecognizedClientException|InvalidToken|MissingAuthenticationToken(Exception)?|IncompleteSignature)$/;
const CLOCK = /^(RequestTimeTooSkewed|RequestInTheFuture)$/;
const DENIED =
  /^(AccessDenied(Exception)?|AllAccessDisabled|AccountProblem|NotAuthorized|Forbidden)$/;
const PASSING =
  /^(Throttling(Exception)?|TooManyRequestsException|SlowDown|LimitExceededException|KMSInternalException|KeyUnavailableException|DependencyTimeoutException|InternalServiceError|InternalServiceErrorException|InternalError|InternalFailure|ServiceUnavailable(Exception)?|RequestTimeout(Exception)?|TimeoutError|NetworkingError)$/;
const NETWORK =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_CONNECTION_TIMEOUT)$/;

interface SdkError extends Error {
  code?: string;
  $metadata?: { httpStatusCode?: number };
}

/** The error of an AWS SDK client, sorted. */
export function awsFault(error: unknown): AwsFault | undefined {
  if (!(error instanceof Error)) return undefined;
  const { name, code = '', $metadata } = error as SdkError;
  if (CREDENTIALS.test(name)) return 'credentials';
  if (CLOCK.test(name)) return 'clock';
  if (DENIED.test(name)) return 'denied';
  const isServerSide = ($metadata?.httpStatusCode ?? 0) >= 500;
  return isServerSide || PASSING.test(name) || NETWORK.test(code) ? 'passing' : undefined;
}

/** The name of an error as its service has it, without anything that was asked. */
export function awsErrorName(error: unknown): string {
  if (!(error instanceof Error)) return 'an unknown failure';
  const { name, code } = error as SdkError;
  return name === 'Error' || name === 'AggregateError' ? (code ?? 'an unknown failure') : name;
}
