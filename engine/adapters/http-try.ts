import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isHoldfastError } from '../errors.ts';
import { decodedPart, Undelivered } from './delivery.ts';
import { authoritiesIn } from './tls/authorities.ts';

export interface HttpTry {
  url: string;
  method: 'GET' | 'POST';
  /** Sent as JSON. */
  body?: string;
  timeoutMs: number;
  /** Of proxies and certificate authorities; the process's own unless given. */
  env?: NodeJS.ProcessEnv | undefined;
}

/** As many as `fetch` follows. */
const MAX_REDIRECTS = 20;

/** One request whose answer must be a 2xx; what it says is not read. @throws Undelivered. */
export async function tryHttp(request: HttpTry): Promise<void> {
  let { address, authorization } = withoutLogin(request.url);
  const signal = AbortSignal.timeout(request.timeoutMs);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const headers = {
      ...authorization,
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const { status, location } = await answerOf(address, { ...request, headers, signal });
    const next = request.method === 'GET' && isRedirect(status) ? location : undefined;
    if (next === undefined || !URL.canParse(next, address.href)) return assertDone(status);
    const target = new URL(next, address);
    if (target.origin !== address.origin) authorization = {};
    address = target;
  }
  throw new Undelivered('it sends on without an end', { isPassing: false });
}

/** A POST that is redirected would come out as a GET, without what it was to say. */
function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

function assertDone(status: number): void {
  if (status >= 200 && status < 300) return;
  throw new Undelivered(`HTTP ${status}`, { isPassing: status >= 500 || status === 429 });
}

interface OneRequest extends HttpTry {
  headers: Record<string, string>;
  signal: AbortSignal;
}

async function answerOf(
  address: URL,
  { method, headers, body, signal, timeoutMs, env = process.env }: OneRequest,
): Promise<{ status: number; location: string | undefined }> {
  const agent = agentFor(address, env);
  try {
    const send = address.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(address, { method, headers, signal, agent });
    request.end(body);
    const response = await firstAnswer(request);
    response.destroy();
    return { status: response.statusCode ?? 0, location: response.headers.location };
  } catch (error) {
    throw new Undelivered(reasonOf(error, { signal, timeoutMs }), { isPassing: true });
  } finally {
    agent.destroy();
  }
}

/** Also goes where the environment names a proxy, and trusts whom it names. @throws Undelivered. */
function agentFor(address: URL, env: NodeJS.ProcessEnv): HttpAgent {
  if (address.protocol === 'http:') return new HttpAgent({ proxyEnv: env });
  if (address.protocol !== 'https:') throw new Undelivered(NO_URL, { isPassing: false });
  try {
    const ca = authoritiesIn(env);
    return new HttpsAgent({ proxyEnv: env, ...(ca === undefined ? {} : { ca }) });
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    throw new Undelivered(error.message, { isPassing: false });
  }
}

function firstAnswer(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
  });
}

const NO_URL = 'its URL is none';

/** The login goes into a header, as `curl` sends it. */
function withoutLogin(url: string): { address: URL; authorization: Record<string, string> } {
  if (!URL.canParse(url)) throw new Undelivered(NO_URL, { isPassing: false });
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
function reasonOf(
  error: unknown,
  { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number },
): string {
  if (signal.aborted) return `no answer within ${timeoutMs / 1000} s`;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code !== 'string') return 'the connection failed';
  return /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/.test(code)
    ? `its certificate is not trusted (${code}); ca in the config names the file of its authority`
    : code;
}
