import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { NodeHttpHandler, type NodeHttpHandlerOptions } from '@smithy/node-http-handler';
import { authoritiesIn } from './tls/authorities.ts';

export interface HandlerOptions
  extends Pick<NodeHttpHandlerOptions, 'requestTimeout' | 'socketTimeout'> {
  /** Milliseconds, like the others. */
  connectionTimeout: number;
  maxSockets?: number;
}

/**
 * How every client of the SDK talks: through the proxy of the environment, trusting the authorities
 * that it names, and never waiting for ever. `requestTimeout` ends with the first line of an answer,
 * so the body may stand still as long as `socketTimeout` says, which is the same unless given.
 * @throws HoldfastError CONFIG_INVALID.
 */
export function makeHandler(
  env: NodeJS.ProcessEnv,
  { maxSockets, ...timeouts }: HandlerOptions,
): NodeHttpHandler {
  const ca = authoritiesIn(env);
  const agent = {
    keepAlive: true,
    proxyEnv: env,
    ...(maxSockets === undefined ? {} : { maxSockets }),
  };
  return new NodeHttpHandler({
    socketTimeout: timeouts.requestTimeout ?? 0,
    ...timeouts,
    throwOnRequestTimeout: true,
    httpAgent: new HttpAgent(agent),
    httpsAgent: new HttpsAgent(ca === undefined ? agent : { ...agent, ca }),
  });
}
