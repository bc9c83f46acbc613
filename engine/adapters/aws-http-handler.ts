import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { NodeHttpHandler, type NodeHttpHandlerOptions } from '@smithy/node-http-handler';

export interface HandlerOptions
  extends Pick<NodeHttpHandlerOptions, 'requestTimeout' | 'socketTimeout'> {
  /** Milliseconds, like the others. */
  connectionTimeout: number;
  maxSockets?: number;
}

/** How every client of the SDK talks: through the proxy of the environment, and never waiting for ever, which is what the SDK does by itself. */
export function makeHandler(
  env: NodeJS.ProcessEnv,
  { maxSockets, ...timeouts }: HandlerOptions,
): NodeHttpHandler {
  const agent = {
    keepAlive: true,
    proxyEnv: env,
    ...(maxSockets === undefined ? {} : { maxSockets }),
  };
  return new NodeHttpHandler({
    ...timeouts,
    throwOnRequestTimeout: true,
    httpAgent: new HttpAgent(agent),
    httpsAgent: new HttpsAgent(agent),
  });
}
