import type { Context } from '../operations/context.ts';
import { type BuildOptions, buildContext } from './from-config.ts';
import type { Stack } from './from-stack.ts';

/** The composition root of tasks, and of functions that open sets: the vault, and the key that the stack made. */
export function stackContext(
  { loaded, actor }: Stack,
  options: Omit<BuildOptions, 'actor' | 'repositories'>,
): Promise<Context> {
  return buildContext(loaded, { ...options, actor });
}
