import type { Config } from './schema.ts';

/**
 * How long a command that belongs to no single plan waits for a connection on which nothing moves:
 * as long as the most patient plan does. Undefined without plans.
 */
export function longestStallTimeout({ plans }: Pick<Config, 'plans'>): number | undefined {
  const timeouts = Object.values(plans).map(({ stallTimeout }) => stallTimeout);
  return timeouts.length === 0 ? undefined : Math.max(...timeouts);
}
