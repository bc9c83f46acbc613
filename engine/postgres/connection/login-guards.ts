import { HoldfastError } from '../../errors.ts';
import type { Parameters } from './gather-parameters.ts';

export const AUTH_METHODS = [
  'password',
  'md5',
  'gss',
  'sspi',
  'scram-sha-256',
  'oauth',
  'none',
] as const;

export type AuthMethod = (typeof AUTH_METHODS)[number];

/** What a server must do before it gets a password, and what it must be before it is used. */
export interface LoginGuards {
  /** require_auth: the methods that a server may ask for; undefined for all. */
  allowedAuth?: readonly AuthMethod[] | undefined;
  requiresChannelBinding?: boolean | undefined;
  targetSession?: TargetSession | undefined;
}

export const TARGET_SESSIONS = [
  'any',
  'read-write',
  'read-only',
  'primary',
  'standby',
  'prefer-standby',
] as const;

export type TargetSession = (typeof TARGET_SESSIONS)[number];

/** @throws HoldfastError CONFIG_INVALID where a value is not one of libpq's. */
export function loginGuardsOf(parameters: Parameters): LoginGuards {
  const { channel_binding, target_session_attrs } = parameters;
  const binding = oneOf(['prefer', 'disable', 'require'], {
    name: 'channel_binding',
    text: channel_binding,
  });
  return {
    allowedAuth: allowedAuth(parameters.require_auth),
    requiresChannelBinding: binding === 'require',
    targetSession: oneOf(TARGET_SESSIONS, {
      name: 'target_session_attrs',
      text: target_session_attrs,
    }),
  };
}

/** @throws HoldfastError CONFIG_INVALID. */
export function loadBalances({ load_balance_hosts }: Parameters): boolean {
  const text = load_balance_hosts;
  return oneOf(['disable', 'random'], { name: 'load_balance_hosts', text }) === 'random';
}

/** A list of methods, or a list of those that are not allowed, each with a ! before it. */
function allowedAuth(text: string | undefined): readonly AuthMethod[] | undefined {
  if (!text) return undefined;
  const words = text.split(',').map((word) => word.trim());
  const isNegated = words.every((word) => word.startsWith('!'));
  const named = words.map((word) =>
    AUTH_METHODS.find((method) => method === (isNegated ? word.slice(1) : word)),
  );
  if (named.includes(undefined))
    throw invalid(
      `require_auth is "${text}"`,
      `It is a list of ${AUTH_METHODS.join(', ')}, each of them or none with a ! before it.`,
    );
  return AUTH_METHODS.filter((method) => named.includes(method) !== isNegated);
}

function oneOf<T extends string>(
  values: readonly T[],
  { name, text }: { name: string; text: string | undefined },
): T | undefined {
  if (!text) return undefined;
  const found = values.find((value) => value === text);
  if (found !== undefined) return found;
  throw invalid(`${name} is "${text}"`, `It is one of ${values.join(', ')}.`);
}

function invalid(message: string, hint: string): HoldfastError {
  return new HoldfastError({ code: 'CONFIG_INVALID', message, hint });
}
