import type { LoadedConfig } from '../engine/composition/load-config.ts';
import { HoldfastError } from '../engine/errors.ts';
import type { Invocation } from './invocation.ts';

/** Where the config of a run came from, for a sentence. */
export function describeConfigOrigin({ path, resolvePath }: LoadedConfig): string {
  if (path !== undefined) return `the config is ${path}`;
  return `the config is the environment, because there is no ${resolvePath('holdfast.yaml')}`;
}

/** What is not found may be somewhere that this config does not name: the hint says which config was read. */
export function withConfigOrigin(
  failure: HoldfastError,
  { loaded }: Pick<Invocation, 'loaded'>,
): HoldfastError {
  const { code, message, hint, retryable, cause } = failure;
  if (code !== 'SET_NOT_FOUND' || loaded === undefined) return failure;
  const origin = describeConfigOrigin(loaded);
  return new HoldfastError({
    code,
    message,
    hint: `${hint ?? ''} ${origin[0]?.toUpperCase()}${origin.slice(1)}.`.trim(),
    retryable,
    cause,
  });
}
