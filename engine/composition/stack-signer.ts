import { findSigningKey } from '../adapters/signing/kms-signer.ts';
import { STACK_ENV } from '../contract.ts';
import type { Signer } from '../ports/signer.ts';
import { type Stack, stackVariable } from './from-stack.ts';

/**
 * The key of KMS that the stack made for this task or function.
 * @throws HoldfastError CONFIG_INVALID where the environment names none, and KEY_UNUSABLE, CREDENTIALS.
 */
export async function stackSigner({ loaded: { env } }: Stack): Promise<Signer> {
  return findSigningKey(stackVariable(env, STACK_ENV.signingKey), { env });
}
