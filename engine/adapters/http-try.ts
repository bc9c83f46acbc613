import { decodedPart, Undelivered } from './delivery.ts';

export interface HttpTry {
  url: string;
  method: 'GET' | 'POST';
  /** Sent as JSON. */
  body?: string;
  timeoutMs: number;
}

/** One request whose answer must be a 2xx; what it says is not read. @throws Undelivered. */
export async function tryHttp({ url, method, body, timeoutMs }: HttpTry): Promise<void> {
  const { address, authorization } = withoutLogin(url);
  const headers = {
    ...authorization,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const response = await fetch(address, {
    method,
    headers,
    // A POST that is redirected comes out as a GET, without what it was to say.
    redirect: method === 'POST' ? 'manual' : 'follow',
    signal: AbortSignal.timeout(timeoutMs),
    ...(body === undefined ? {} : { body }),
  }).catch((error: unknown) => {
    throw new Undelivered(reasonOf(error, timeoutMs), { isPassing: true });
  });
  await response.body?.cancel();
  if (response.ok) return;
  throw new Undelivered(`HTTP ${response.status}`, {
    isPassing: response.status >= 500 || response.status === 429,
  });
}

/** `fetch` refuses a URL with a login in it, and its message quotes the URL. */
function withoutLogin(url: string): { address: URL; authorization: Record<string, string> } {
  if (!URL.canParse(url)) throw new Undelivered('its URL is none', { isPassing: false });
  const address = new URL(url);
  const { username, password } = address;
  if (username === '' && password === '') return { address, authorization: {} };
  address.username = '';
  address.password = '';
  const login = `${decodedPart(username)}:${decodedPart(password)}`;
  return {
    address,
    authorization: { authorization: `Basic ${Buffer.from(login).toString('base64')}` },
  };
}

/** The error's own message may hold the URL; its code holds no more than the reason. */
function reasonOf(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError')
    return `no answer within ${timeoutMs / 1000} s`;
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : 'the connection failed';
}
