import type { KeyState } from '../domain/health/keys.ts';
import type { Asked } from '../domain/repository/store-settings.ts';

/** A key on which the backups, or the signatures about them, rest. */
export interface CheckedKey {
  /** Such as `envelope key`; the same in each check, since alerts are known by it. */
  name: string;
  /** ARN, alias or path. */
  id: string;
  /** What happens while it cannot be used. */
  stakes: string;
  /** A file that is made on first use need not be there yet. */
  mayBeAbsent?: boolean;
  /** At most two requests. What may not be asked is no failure. @throws HoldfastError KEY_UNUSABLE, CREDENTIALS where there is no answer. */
  ask(): Promise<Asked<KeyState>>;
}
