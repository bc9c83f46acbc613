import { type Finding, finding } from '../../domain/finding.ts';
import { type JudgeKeyOptions, judgeKey } from '../../domain/health/keys.ts';
import { isHoldfastError } from '../../errors.ts';
import type { CheckedKey } from '../../ports/checked-key.ts';

/** Whether each key can be used and stays usable. One that does not answer hides no other. */
export async function checkKeys(
  keys: readonly CheckedKey[],
  options: JudgeKeyOptions,
): Promise<Finding[]> {
  const judged = await Promise.all(keys.map((key) => checkKey(key, options)));
  return judged.flat();
}

async function checkKey(key: CheckedKey, options: JudgeKeyOptions): Promise<Finding[]> {
  try {
    return judgeKey({ ...key, asked: await key.ask() }, options);
  } catch (error) {
    if (!isHoldfastError(error)) throw error;
    const { message: detail, hint = null } = error;
    const place = { plan: null, database: null, repository: key.name };
    return [finding(place, { verdict: 'key', severity: 'unknown', detail, hint })];
  }
}
