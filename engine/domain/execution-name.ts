import { HoldfastError } from '../errors.ts';
import { basicTime } from './backup-id.ts';

/** Step Functions take 80 characters, of which the time and its dash are 17. */
const MAX_PLAN_LENGTH = 63;

/**
 * `nightly-20261122T020000Z`: a run that is started twice finds its own name taken. What Step Functions and their log do not take in a
 * name is written as `_` and two hexadecimal digits a byte.
 * @throws HoldfastError CONFIG_INVALID where two plans would go by one name, so that one would silently never run.
 */
export function executionName(
  plan: string,
  { scheduledFor, plans }: { scheduledFor: Date; plans: readonly string[] },
): string {
  const name = safeName(plan);
  const twin = plans.find((other) => other !== plan && safeName(other) === name);
  if (twin !== undefined)
    throw unfit(`plans "${plan}" and "${twin}" go by one name in Step Functions (${name})`);
  if (name.length > MAX_PLAN_LENGTH)
    throw unfit(`the name of plan "${plan}" is longer than ${MAX_PLAN_LENGTH} characters`);
  return `${name}-${basicTime(scheduledFor)}`;
}

function safeName(plan: string): string {
  return Array.from(new TextEncoder().encode(plan), (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9_-]/.test(character)
      ? character
      : `_${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

function unfit(message: string): HoldfastError {
  return new HoldfastError({
    code: 'CONFIG_INVALID',
    message,
    hint: 'Give the plan another name; its sets stay under the old one.',
  });
}
